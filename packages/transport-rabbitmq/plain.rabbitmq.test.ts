/** A plain queue, as existing programs use it: either side of ours stands in for its counterpart, and the queue stays as it was. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { contract, on, openBus } from '@vestnik/bus'
import { hasCode } from '@vestnik/bus/errors'
import { openSqliteStore } from '@vestnik/store-sqlite'
import type { ConsumeMessage } from 'amqplib'
import { z } from 'zod'
import { privateRabbit, sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { openRabbitTransport } from './index.ts'
import { asPeer, openMember, rejection, until } from './member.fixture.ts'

interface Login {
  readonly userId: number
  readonly timestamp: string
}

const loginsOn = (topic: string) =>
  contract(topic, {
    schema: z.object({ userId: z.int().positive(), timestamp: z.iso.datetime() }),
    key: ({ userId }) => String(userId),
    groups: [{ name: 'gateway', order: 'none' }],
    idOf: ({ userId, timestamp }) => `${userId}@${timestamp}`,
  })

const loginOf = (userId: number): Login => ({ userId, timestamp: '2026-01-17T15:32:26.486Z' })
const bodyOf = (userId: number) => Buffer.from(JSON.stringify(loginOf(userId)))

/** A service with a database of its own, on the plain queue of this name. */
async function openService(url: string, queue: string) {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-rabbitmq-plain-'))
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(folder, { recursive: true }))
  const store = await openSqliteStore(join(folder, 'service.db'))
  undo.defer(() => store.close())
  await store.transaction((tx) => tx.query('CREATE TABLE logins (userId INTEGER)', []))
  const transport = await openRabbitTransport(url, { plainQueues: [queue], settleMs: 0 })
  undo.defer(() => transport.close())
  const all = undo.move()
  return {
    store,
    logins: loginsOn(queue),
    options: { store, transport, service: 'service', log: () => {} },
    use: <T extends AsyncDisposable>(one: T) => all.use(one),
    userIds: async () =>
      (await store.read((tx) => tx.query('SELECT userId FROM logins', []))).map(({ userId }) => Number(userId)),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function openGateway(url: string, queue: string) {
  const service = await openService(url, queue)
  const keep = on(service.logins, 'gateway', async ({ userId }, { tx }) => {
    await tx.query('INSERT INTO logins (userId) VALUES (?)', [userId])
  })
  const bus = service.use(await openBus({ ...service.options, handlers: [keep] }))
  return { ...service, bus }
}

test('what a program without headers sends is handled once, what waited in the queue included', async () => {
  await using broker = await sharedRabbit()
  const queue = `logins-${randomUUID()}`
  await asPeer(broker.url, async (channel) => {
    await channel.assertQueue(queue, { durable: true })
    for (const userId of [1, 2, 3]) channel.sendToQueue(queue, bodyOf(userId), { persistent: true })
  })
  await using gateway = await openGateway(broker.url, queue)
  await until(async () => (await gateway.userIds()).length === 3)
  await asPeer(broker.url, async (channel) => {
    // The other side declares it as it always did: nothing has changed.
    await channel.assertQueue(queue, { durable: true })
    for (const userId of [2, 4]) channel.sendToQueue(queue, bodyOf(userId))
  })
  await until(async () => (await gateway.userIds()).length === 4)
  assert.deepEqual((await gateway.userIds()).toSorted(), [1, 2, 3, 4], 'the sign-in of user 2 came twice')
})

test('what is not a sign-in becomes a dead letter with its reason, and stops nothing behind it', async () => {
  await using broker = await sharedRabbit()
  const queue = `logins-${randomUUID()}`
  await using gateway = await openGateway(broker.url, queue)
  const strange = ['', 'not JSON', '[]', '{"userId":"1"}', '\xff\xfe']
  await asPeer(broker.url, async (channel) => {
    for (const body of strange) channel.sendToQueue(queue, Buffer.from(body, 'latin1'))
    channel.sendToQueue(queue, bodyOf(7), { messageId: 'theirs', headers: { 'x-list': [1, { a: 2 }], n: 5 } })
  })
  await until(async () => (await gateway.userIds()).length === 1)
  await until(async () => (await gateway.bus.operations.listDead()).length === strange.length)
  const reasons = (await gateway.bus.operations.listDead()).map(({ reason }) => reason)
  assert.deepEqual(new Set(reasons), new Set(['not JSON', 'wrong schema']))
})

test('a program that reads the queue gets the body and nothing else', async () => {
  await using broker = await sharedRabbit()
  const queue = `logins-${randomUUID()}`
  const received: ConsumeMessage[] = []
  await using users = await openService(broker.url, queue)
  const bus = users.use(await openBus({ ...users.options, publishes: [users.logins] }))
  await users.store.transaction((tx) => bus.publish(tx, users.logins, loginOf(1)))
  await bus.settled()
  await asPeer(broker.url, async (channel) => {
    await channel.assertQueue(queue, { durable: true })
    await channel.consume(queue, (message) => {
      if (message) received.push(message)
    })
    await until(() => received.length === 1)
  })
  const [message] = received
  assert.equal(message?.content.toString(), '{"userId":1,"timestamp":"2026-01-17T15:32:26.486Z"}')
  assert.deepEqual(message?.properties.headers, {})
  assert.equal(message?.properties.deliveryMode, 2)
  assert.equal(message?.properties.messageId, undefined)
})

test('the queue is used as it is found, whatever its arguments', async () => {
  await using broker = await sharedRabbit()
  const queue = `logins-${randomUUID()}`
  const options = { durable: true, arguments: { 'x-max-length': 10, 'x-queue-mode': 'lazy' } }
  await asPeer(broker.url, (channel) => channel.assertQueue(queue, options))
  await using gateway = await openGateway(broker.url, queue)
  await asPeer(broker.url, async (channel) => {
    await channel.assertQueue(queue, options)
    channel.sendToQueue(queue, bodyOf(1))
  })
  await until(async () => (await gateway.userIds()).length === 1)
})

test('a plain queue that is missing refuses what is published, and one group is all that it has', async () => {
  await using broker = await sharedRabbit()
  const topic = `logins-${randomUUID()}`
  await using member = await openMember(broker.url, { plainQueues: [topic] })
  const group = { topic, name: 'readers', order: 'none', concurrency: 4 } as const
  const { refused } = await rejection(member.publish(group, 'a', 2))
  assert.deepEqual(
    refused.map(({ code }) => code),
    ['UNKNOWN_TOPIC', 'UNKNOWN_TOPIC'],
  )
  const two = { ...member.topologyOf(group), groups: [group, { ...group, name: 'others' }] }
  await assert.rejects(member.transport.ensure(two), (error) => hasCode(error, 'BAD_OPTION'))
  await member.transport.ensure(member.topologyOf(group))
  await member.publish(group, 'a', 2)
  await assert.rejects(member.transport.ensure({ topics: [], groups: [{ ...group, name: 'others' }] }), (error) =>
    hasCode(error, 'BAD_OPTION'),
  )
})

test('a group with order by key is refused on a plain queue, also while the broker is away', async () => {
  const transport = await openRabbitTransport('amqp://127.0.0.1:1', { plainQueues: ['logins'] })
  const group = { topic: 'logins', name: 'readers', order: 'key', concurrency: 4 } as const
  const refused = { code: 'BAD_OPTION', message: /plain queue, which has one group, and no order; its group readers/ }
  await assert.rejects(transport.ensure({ topics: [{ name: 'logins', partitions: 1 }], groups: [group] }), refused)
  await assert.rejects(
    transport.subscribe(group, async () => {}),
    refused,
  )
  await transport.close()
})

test('a peer may call the queue otherwise', async () => {
  await using broker = await sharedRabbit()
  const topic = `logins-${randomUUID()}`
  const theirs = `theirs-${randomUUID()}`
  await using member = await openMember(broker.url, { plainQueues: [topic], topicNames: { [topic]: theirs } })
  const group = { topic, name: 'readers', order: 'none', concurrency: 4 } as const
  await member.transport.ensure(member.topologyOf(group))
  const bodies: string[] = []
  await member.transport.subscribe(group, async ({ body }) => void bodies.push(Buffer.from(body).toString()))
  await asPeer(broker.url, async (channel) => channel.sendToQueue(theirs, Buffer.from('hello')))
  await until(() => bodies.length === 1)
})

test('both directions go on through restarts of the broker, without a loss', { timeout: 120_000 }, async () => {
  await using node = await privateRabbit()
  const queue = 'user.loggedIn'
  await using users = await openService(node.url, queue)
  const bus = users.use(await openBus({ ...users.options, publishes: [users.logins] }))
  await using gateway = await openGateway(node.url, queue)
  let userId = 0
  for (const end of ['kill', 'shutDown', 'kill'] as const) {
    for (let i = 0; i < 50; i += 1) {
      userId += 1
      const login = loginOf(userId)
      await users.store.transaction((tx) => bus.publish(tx, users.logins, login))
    }
    await node[end]()
    userId += 1
    const whileAway = loginOf(userId)
    await users.store.transaction((tx) => bus.publish(tx, users.logins, whileAway))
    await node.start()
    userId += 1
    const fromPeer = bodyOf(userId)
    await asPeer(node.url, async (channel) => channel.sendToQueue(queue, fromPeer, { persistent: true }))
  }
  await until(async () => (await gateway.userIds()).length >= userId)
  assert.deepEqual(
    (await gateway.userIds()).toSorted((a, b) => a - b),
    Array.from({ length: userId }, (_, i) => i + 1),
  )
})
