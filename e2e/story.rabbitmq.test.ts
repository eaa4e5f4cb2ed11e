/** The whole story on RabbitMQ: nothing is configured but the broker's URL, and what peers that use it too need. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { privateRabbit } from '../tools/brokers/rabbitmq.ts'
import { tellWholeStory } from './whole-story.ts'

test('the story is the same on RabbitMQ', { timeout: 240_000 }, async (t) => {
  await using broker = await privateRabbit()
  await tellWholeStory(t, { MESSAGE_BROKER_URL: broker.url })
})

test('the story is the same with sign-ins on a plain queue, and mails under the name that others use', {
  timeout: 240_000,
}, async (t) => {
  await using broker = await privateRabbit()
  await tellWholeStory(t, {
    MESSAGE_BROKER_URL: broker.url,
    MESSAGE_BROKER_PLAIN_QUEUES: 'user.loggedIn',
    MESSAGE_BROKER_TOPIC_NAMES: 'mail.sendCode=mails',
  })
  const rows = (await broker.control('list_queues', 'name', 'type', 'durable', 'arguments', 'messages')).split('\n')
  const of = (name: string) => rows.find((row) => row.startsWith(`${name}\t`))
  assert.equal(of('user.loggedIn'), 'user.loggedIn\tclassic\ttrue\t[]\t0')
  assert.ok(of('mails/mail-group/0'), rows.join('\n'))
  assert.deepEqual(
    rows.filter((row) => /^(user\.loggedIn\/|mail\.sendCode)/.test(row)),
    [],
  )
})
