/** Whatever is closed comes to an end, though the broker stands still, or the link is cut before it has answered. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Group } from '@vestnik/bus/transport'
import { privateRabbit, type RabbitNode } from '../../tools/brokers/rabbitmq.ts'
import { openTcpProxy, type TcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { openMember, sharesOf, type TestMember, until } from './member.fixture.ts'

/** So far apart that no test could wait until they tell of anything. */
const heartbeatSeconds = 60
/** How AMQP begins the close of a channel: class 20, method 40. */
const channelClose = Buffer.from([0, 20, 0, 40])

let node: RabbitNode

before(async () => {
  node = await privateRabbit()
})
after(() => node[Symbol.asyncDispose]())

/** A member behind a link, which a test cuts. */
async function openFar(): Promise<AsyncDisposable & { readonly proxy: TcpProxy; readonly member: TestMember }> {
  const all = new AsyncDisposableStack()
  const proxy = all.use(await openTcpProxy(node.port))
  const member = all.use(await openMember(`amqp://guest:guest@127.0.0.1:${proxy.port}`, { heartbeatSeconds }))
  return { proxy, member, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

async function ends(what: string, work: Promise<unknown>): Promise<void> {
  const late = new AbortController()
  const ended = work.then(
    () => true,
    () => true,
  )
  const inTime = await Promise.race([ended, sleep(30_000, false, { signal: late.signal })])
  late.abort()
  assert.ok(inTime, `${what} came to no end`)
}

test('a drain ends when the link is cut before its channels are closed', { timeout: 60_000 }, async () => {
  await using far = await openFar()
  const group = await far.member.group()
  const subscription = await far.member.transport.subscribe(group, async () => {})
  const cut = far.proxy.cutAt(channelClose)
  await ends('the drain', Promise.all([subscription.drain(), cut]))
})

test('an ensure whose link is cut before it ends comes to an end, and the next one succeeds', {
  timeout: 60_000,
}, async () => {
  await using far = await openFar()
  const { member } = far
  const group: Group = { topic: 'cut-ensure', name: 'readers', order: 'key', concurrency: 4 }
  const cut = far.proxy.cutAt(channelClose)
  await ends('the ensure', Promise.all([member.transport.ensure(member.topologyOf(group)).catch(() => {}), cut]))
  await member.transport.ensure(member.topologyOf(group))
  const handled = await member.read(group)
  await member.publish(group, 'm', 8)
  await until(() => handled.size === 8)
})

test('a member whose link is cut while it gives queues away shares them again afterwards', {
  timeout: 120_000,
}, async () => {
  await using far = await openFar()
  await using near = await openMember(node.url)
  const group = await near.group()
  const load = setInterval(() => void near.publish(group, 'm', 40).catch(() => {}), 50)
  await using undo = new AsyncDisposableStack()
  undo.defer(() => clearInterval(load))
  const queues = await readQueues(far.member, group)
  await until(() => queues.size === 4)
  const cut = far.proxy.cutAt(channelClose)
  const other = await openMember(node.url)
  await readQueues(other, group)
  await cut
  await other.transport.close()
  await until(async () => (await sharesOf([queues], 4))[0] === 4)
  await using third = await openMember(node.url)
  const shared = await readQueues(third, group)
  await until(async () => (await sharesOf([queues, shared], 4)).every((share) => share === 2), 60_000)
})

test('a broker that stands still keeps no close and no drain waiting, and no socket stays', {
  timeout: 120_000,
}, async () => {
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  const options = { heartbeatSeconds }
  const [draining, closing] = [await openMember(node.url, options), await openMember(node.url, options)]
  const group = await draining.group()
  const subscription = await draining.transport.subscribe(group, async () => {})
  await closing.transport.subscribe(group, async () => {})
  node.freeze()
  try {
    await Promise.all([
      ends('a drain', subscription.drain()),
      ends('a close', closing.transport.close()),
      // It is still waiting for its first answer.
      openMember(node.url, options).then((late) => ends('the close of one that never opened', late.transport.close())),
    ])
    await ends('a close after a drain', draining.transport.close())
    await until(() => sockets() === 0)
  } finally {
    node.thaw()
  }
})

/** Subscribes, and notes which queues bring messages. */
async function readQueues(member: TestMember, group: Group): Promise<Set<string>> {
  const queues = new Set<string>()
  await member.transport.subscribe(group, async ({ at }) => void queues.add(at))
  return queues
}
