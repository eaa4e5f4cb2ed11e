/** Publishing beside a way that is not found, or a channel that the broker closes: when it is answered, and with which reason. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { BusError, hasCode } from '@vestnik/bus/errors'
import type { Outgoing } from '@vestnik/bus/transport'
import { privateRabbit, type RabbitNode, type SharedRabbit, sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { openConnection } from './connection.ts'
import { asPeer, rejection } from './member.fixture.ts'
import { readSettings } from './options.ts'
import { startPublisher } from './publisher.ts'
import type { Route } from './topology.ts'

/** Of its own, as one of its queues is made to stand still, and its frames are small. */
let node: RabbitNode

before(async () => {
  node = await privateRabbit({ config: ['frame_max = 8192'] })
})
after(() => node[Symbol.asyncDispose]())

/** A publisher that finds its ways as the test says. */
async function open(
  t: TestContext,
  publishMs: number,
  findRoute: (topic: string) => Promise<Route | undefined>,
  open: () => Promise<SharedRabbit> = sharedRabbit,
) {
  const broker = await open()
  const settings = readSettings(broker.url, { publishMs })
  const connection = openConnection(settings, 'publishing')
  await connection.first
  const publisher = startPublisher(connection, settings, findRoute)
  t.after(async () => {
    await publisher.close()
    await connection.close()
    await broker[Symbol.asyncDispose]()
  })
  return { publisher, url: broker.url }
}

const message = (topic: string, id = 'm1'): Outgoing => ({ id, topic, headers: {}, body: Buffer.from('{}') })

/** The reason that comes out, and what lies behind it. */
async function reasonOf(publishing: Promise<void>): Promise<BusError> {
  const error = await rejection(publishing)
  assert.deepEqual([error.doubtful, error.refused], [['m1'], []])
  assert.ok(error.cause instanceof BusError, String(error.cause))
  assert.ok(error.message.endsWith(error.cause.message), error.message)
  return error.cause
}

test('a topic about which there is no answer has a deadline while others are published to', {
  timeout: 60_000,
}, async (t) => {
  const queue = `publisher-${randomUUID().slice(0, 8)}`
  const { publisher, url } = await open(t, 600, async (topic) =>
    topic === 'found' ? { kind: 'plain', queue } : Promise.withResolvers<never>().promise,
  )
  await asPeer(url, (channel) => channel.assertQueue(queue, { durable: true }))
  let isAnswered = false
  const reason = reasonOf(publisher.publish([message('unanswered')])).finally(() => {
    isAnswered = true
  })
  while (!isAnswered) await publisher.publish([message('found')])
  const { code, message: said } = await reason
  assert.deepEqual([code, /no answer about the topic unanswered/.test(said)], ['BROKER_UNREACHABLE', true], said)
  await asPeer(url, (channel) => channel.deleteQueue(queue))
})

test('a message that is not confirmed has a deadline while others are', { timeout: 120_000 }, async (t) => {
  const { publisher, url } = await open(
    t,
    1000,
    async (queue) => ({ kind: 'plain', queue }),
    async () => ({ url: node.url, [Symbol.asyncDispose]: async () => {} }),
  )
  for (const queue of ['stuck', 'moving']) await asPeer(url, (channel) => channel.assertQueue(queue, { durable: true }))
  const find = `{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"stuck">>))`
  await node.control('eval', `${find}, sys:suspend(amqqueue:get_pid(Queue)).`)
  let isAnswered = false
  const reason = reasonOf(publisher.publish([message('stuck')])).finally(() => {
    isAnswered = true
  })
  // What is in flight when its connection is given up is in doubt too.
  while (!isAnswered)
    await publisher.publish([message('moving')]).catch((error) => hasCode(error, 'PUBLISH_INCOMPLETE'))
  assert.match((await reason).message, /no confirm within 1000 ms/)
})

test('what does not fit into a frame of the broker is refused, and what is beside it goes on', {
  timeout: 60_000,
}, async (t) => {
  const topic = 'frames'
  const { publisher } = await open(
    t,
    30_000,
    async () => ({ kind: 'exchange', exchange: 'amq.fanout', partitions: 1, groups: false }),
    async () => ({ url: node.url, [Symbol.asyncDispose]: async () => {} }),
  )
  const large = { ...message(topic, 'large'), headers: { note: 'n'.repeat(10_000) } }
  const odd = { ...message(topic, 'odd'), headers: { ['n'.repeat(300)]: 'x' } }
  const error = await rejection(publisher.publish([message(topic), large, odd, message(topic, 'm2')]))
  const code = 'BODY_TOO_LARGE'
  assert.deepEqual(error.doubtful, [])
  assert.deepEqual(error.refused, [
    { id: 'large', code },
    { id: 'odd', code },
  ])
  assert.match(error.message, /its headers and properties take 10\d{3} bytes, the broker's frame_max is 8192/)
  await publisher.publish([message(topic, 'm3')])
})

test('why a topic was not found comes out in the end', { timeout: 60_000 }, async (t) => {
  const { publisher } = await open(t, 300, () => Promise.reject(new Error('it stands still')))
  const reason = await reasonOf(publisher.publish([message('sought')]))
  assert.equal(reason.code, 'BROKER_UNREACHABLE')
  assert.match(reason.message, /look for the topic sought: it stands still/)
})

test('a broker that refuses to tell of a topic is believed at once', { timeout: 60_000 }, async (t) => {
  const refusal = Object.assign(new Error('ACCESS_REFUSED - access to exchange refused'), { code: 403 })
  const { publisher } = await open(t, 600_000, () => Promise.reject(refusal))
  const reason = await reasonOf(publisher.publish([message('forbidden')]))
  assert.equal(reason.code, 'BROKER_REFUSED')
  assert.match(reason.message, /ACCESS_REFUSED/)
})

test('what the broker said when it closed the channel comes out', { timeout: 60_000 }, async (t) => {
  const exchange = `publisher-${randomUUID().slice(0, 8)}`
  const route = { kind: 'exchange', exchange, partitions: 1, groups: true } as const
  const { publisher } = await open(t, 30_000, async () => route)
  const reason = await reasonOf(publisher.publish([message('gone')]))
  assert.equal(reason.code, 'UNKNOWN_TOPIC')
  assert.match(reason.message, new RegExp(`NOT_FOUND.*${exchange}`))
  assert.match(String(reason.cause), /NOT_FOUND/)
})
