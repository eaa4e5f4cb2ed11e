/** Which URL opens which broker, and what is refused before anything is opened. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTransport, optionsOf, schemes } from './index.ts'

test('a URL of an unknown kind is refused, without showing it', async () => {
  for (const url of ['', 'broker.db', 'http://me:hunter2@host', 'constructor:x', 'sqlite:', 'amqp:', 'kafka:']) {
    await assert.rejects(openTransport(url), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'BAD_URL')
      assert.ok(!error.message.includes('hunter2'))
      return true
    })
  }
})

test('an option that the broker does not have is refused by its name', async () => {
  const refused = { code: 'BAD_OPTION', message: /^open sqlite: it has no plainQueues, only amqp: and amqps: have$/ }
  await assert.rejects(openTransport('sqlite:x.db', { plainQueues: ['user.loggedIn'] }), refused)
  await assert.rejects(openTransport('sqlite:x.db', { topicNames: { 'mail.sendCode': 'mails' } }), {
    code: 'BAD_OPTION',
  })
  const unknown = { code: 'BAD_OPTION', message: /^open amqp: it has no clientId, only kafka: and kafkas: have$/ }
  await assert.rejects(openTransport('amqp://host', { clientId: 'mail-sender' }), unknown)
})

test('what a broker has is known without opening it', () => {
  assert.deepEqual(schemes, ['sqlite', 'amqp', 'amqps', 'kafka', 'kafkas'])
  assert.deepEqual(optionsOf('sqlite:x.db'), [])
  assert.deepEqual(optionsOf('amqps://host'), ['plainQueues', 'topicNames'])
  assert.deepEqual(optionsOf('kafka://one:9092,other:9092'), ['topicNames', 'clientId'])
  assert.deepEqual(optionsOf('nonsense'), [])
})

test('RabbitMQ says what is wrong with its own URL', async () => {
  await assert.rejects(openTransport('amqp://host/a/b'), { code: 'BAD_URL', message: /^open RabbitMQ: .*%2F/ })
})

test('Kafka says what is wrong with its own URL', async () => {
  await assert.rejects(openTransport('kafka://host:99999'), { code: 'BAD_URL', message: /^open Kafka: .*99999/ })
})
