/** The broker's variables: each is checked, and what only another broker could do is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Contract, contract } from '@vestnik/bus'
import { hasCode } from '@vestnik/bus/errors'
import { z } from 'zod'
import { readBroker, refuseUnsafeBroker } from './broker.ts'

const schema = z.object({ id: z.string() })
const key = ({ id }: { id: string }) => id
const contracts: readonly Contract[] = [
  contract('seen', { schema, key, groups: [{ name: 'reader', order: 'none' }] }),
  contract('ordered', { schema, key, groups: ['reader'] }),
  contract('shared', { schema, groups: ['reader', 'other'] }),
  contract('told', { schema }),
]
const amqp = { MESSAGE_BROKER_URL: 'amqp://me:secret@127.0.0.1/shop' }

test('without variables the broker is a file in the data folder, and nobody else uses it', () => {
  const found = readBroker({}, '/data', contracts)
  assert.deepEqual(found, {
    brokerUrl: 'sqlite:/data/broker.db',
    brokerOptions: { plainQueues: [], topicNames: {} },
  })
})

test('a broker, plain queues and the names that others use', () => {
  const more = { MESSAGE_BROKER_PLAIN_QUEUES: 'seen, told', MESSAGE_BROKER_TOPIC_NAMES: 'seen=was/seen, ordered=o' }
  assert.deepEqual(readBroker({ ...amqp, ...more }, '/data', contracts), {
    brokerUrl: amqp.MESSAGE_BROKER_URL,
    brokerOptions: { plainQueues: ['seen', 'told'], topicNames: { seen: 'was/seen', ordered: 'o' } },
  })
  // Of contracts that it does not know it takes every name that a topic may have.
  assert.deepEqual(
    readBroker({ ...amqp, MESSAGE_BROKER_PLAIN_QUEUES: 'user.loggedIn' }, '/data').brokerOptions.plainQueues,
    ['user.loggedIn'],
  )
})

const wrong: readonly (readonly [name: string, found: string, why: string])[] = [
  ['MESSAGE_BROKER_URL', 'amqp:', 'it has no host'],
  ['MESSAGE_BROKER_URL', 'amqp://', 'it has no host'],
  ['MESSAGE_BROKER_URL', 'amqp:localhost', 'it has no host'],
  ['MESSAGE_BROKER_URL', 'amqp://host:port', 'its port is none'],
  ['MESSAGE_BROKER_URL', 'amqp://host?heartbeat=5', 'it has parameters'],
  ['MESSAGE_BROKER_URL', 'redis://host', 'its scheme is none of ours'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'sean', 'no contract has it'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'seen,', 'one has no name'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'seen,seen', 'one is there twice'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'ordered', 'a plain queue has no order'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'shared', 'a plain queue has one group'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen', 'it has no name'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=', 'its name is empty'],
  ['MESSAGE_BROKER_TOPIC_NAMES', '=x', 'it has no topic'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a=b', 'it has two names'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a b', 'its name has a space'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a,seen=b', 'it is there twice'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a,told=a', 'two would be one'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=told', 'another topic has that name'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'sean=a', 'no contract has it'],
]

for (const [name, found, why] of wrong) {
  test(`${name}=${found} is refused, as ${why}`, () => {
    assert.throws(
      () => readBroker({ ...amqp, [name]: found }, '/data', contracts),
      (error) => hasCode(error, 'BAD_CONFIG') && error.message.startsWith(`${name} is "${found}": it must be `),
    )
  })
}

test('topics may change their names with each other', () => {
  const found = readBroker({ ...amqp, MESSAGE_BROKER_TOPIC_NAMES: 'seen=told,told=seen' }, '/data', contracts)
  assert.deepEqual(found.brokerOptions.topicNames, { seen: 'told', told: 'seen' })
})

test('what a broker does not have is refused at start, by its variable', () => {
  for (const [name, found] of [
    ['MESSAGE_BROKER_PLAIN_QUEUES', 'seen'],
    ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a'],
  ] as const) {
    assert.throws(() => readBroker({ [name]: found }, '/data', contracts), {
      code: 'BAD_CONFIG',
      message: new RegExp(`^${name} is "${found}": it must be unset, as MESSAGE_BROKER_URL begins with sqlite:`),
    })
  }
})

for (const name of ['MESSAGE_BROKER_ROUTES', 'KAFKA_BROKERS', 'KAFKA_TOPIC']) {
  test(`${name} is refused at start, as nothing of ours would heed it`, () => {
    for (const environment of [{ [name]: 'kafka:9092' }, { ...amqp, [name]: 'kafka:9092' }]) {
      assert.throws(() => readBroker(environment, '/data', contracts), {
        code: 'BAD_CONFIG',
        message: `${name} is "kafka:9092": it must be unset, as Kafka is not built yet`,
      })
    }
  })
}

const check = (brokerUrl: string, more: object = {}) =>
  refuseUnsafeBroker({ brokerUrl, production: true, plaintextAllowed: false, ...more })

test('in production nobody is guest on another host', () => {
  const guests = ['amqps://guest:guest@broker', 'amqps://broker', 'amqps://gu%65st:x@broker', 'amqp://guest:x@10.0.0.1']
  for (const url of guests) {
    const refused = { code: 'BAD_CONFIG', message: /^MESSAGE_BROKER_URL is .*nobody is guest on another host/ }
    assert.throws(() => check(url, { plaintextAllowed: true }), refused)
    check(url, { production: false })
  }
  check('amqp://guest:guest@127.0.0.1')
  check('amqp://localhost')
  check('amqps://gateway:secret@broker')
  check('sqlite:/data/guest@broker.db')
})

test('in production no broker on another host is reached without TLS, and its password is not shown', () => {
  for (const password of ['secret', 'sec/ret', 'sec@ret', 'sec?ret']) {
    const url = `amqp://gateway:${password}@broker/shop`
    if (!URL.canParse(url)) continue
    assert.throws(
      () => check(url),
      (error) => {
        assert.ok(hasCode(error, 'BAD_CONFIG'))
        assert.match(
          error.message,
          /^MESSAGE_BROKER_URL is "amqp:.*": it must be an amqps:\/\/ address; .*ALLOW_PLAINTEXT=yes$/,
        )
        assert.ok(!error.message.includes('ret'), error.message)
        return true
      },
    )
  }
  check('amqp://gateway:secret@broker', { plaintextAllowed: true })
  check('amqp://gateway:secret@[::1]')
  check('amqps://gateway:secret@broker')
})

test('a wrong URL is refused without its password, whatever that is made of', () => {
  for (const password of ['hunter2', 'hun@ter2', 'hun/ter2', 'hun#ter2']) {
    assert.throws(
      () => readBroker({ MESSAGE_BROKER_URL: `amqp://me:${password}@host?x=1` }, '/data'),
      (error) => hasCode(error, 'BAD_CONFIG') && !error.message.includes('ter2'),
    )
  }
})
