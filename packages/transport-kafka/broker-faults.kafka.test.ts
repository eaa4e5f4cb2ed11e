/** What may happen to a Kafka and to the way to it, under load: nothing is lost, nothing doubled, and each key keeps its order. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import { type KafkaNode, kafkaCluster, privateKafka } from '../../tools/brokers/kafka.ts'
import { type Load, startLoad } from '../../tools/brokers/load.fixture.ts'
import type { TcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { openKafkaTransport } from './index.ts'

/** How soon messages must flow when the broker, or the way to it, is back. */
const backMs = 30_000
let node: KafkaNode

before(async () => {
  node = await privateKafka({ proxied: true })
})

after(() => node[Symbol.asyncDispose]())

test('a broker that is killed and starts again', { timeout: 200_000 }, async (t) => {
  await using load = await loadOn(node.url)
  for (let death = 1; death <= 3; death += 1) {
    await load.untilFlowing()
    await node.kill()
    await node.start()
    t.diagnostic(`flowed again after ${Math.round(await flowsSoon(load))} ms`)
  }
  await load.settle()
})

test('a broker that stands still for 15 seconds', { timeout: 120_000 }, async (t) => {
  await using load = await loadOn(node.url)
  node.freeze()
  await sleep(15_000)
  node.thaw()
  t.diagnostic(`flowed again after ${Math.round(await flowsSoon(load))} ms`)
  await load.settle()
})

test('a link that is cut fifty times in a row, also in the middle of what it carries', {
  timeout: 200_000,
}, async (t) => {
  const proxy = proxyOf(node)
  await using load = await loadOn(`kafka://127.0.0.1:${proxy.port}`)
  for (let cut = 1; cut <= 50; cut += 1) {
    proxy.cutAfter(cut % 2 === 0 ? undefined : 5_000 + Math.floor(Math.random() * 50_000))
    proxy.cut()
    await sleep(Math.random() * 200)
  }
  proxy.cutAfter(undefined)
  proxy.cut()
  t.diagnostic(`flowed again after ${Math.round(await flowsSoon(load))} ms`)
  await load.settle()
})

test('a link that is half open: nothing comes, and nobody says so', { timeout: 120_000 }, async (t) => {
  const proxy = proxyOf(node)
  await using load = await loadOn(`kafka://127.0.0.1:${proxy.port}`)
  proxy.silence()
  // What was on its way still arrives.
  await sleep(500)
  const since = performance.now()
  await load.untilCaughtUp(backMs)
  t.diagnostic(`caught up after ${Math.round(performance.now() - since)} ms`)
  await load.settle()
})

test('the leader is killed after its ack in a cluster of three', { timeout: 200_000 }, async (t) => {
  await using all = new AsyncDisposableStack()
  const nodes = await kafkaCluster(3)
  for (const one of nodes) all.use(one)
  const [first] = nodes
  assert.ok(first)
  await using load = await loadOn(first.url)
  await load.untilCaughtUp()
  const leader = nodes[(await leaderOf(first, load.topic)) - 1]
  await leader?.kill()
  t.diagnostic(`flowed again after ${Math.round(await flowsSoon(load))} ms`)
  // What is published meanwhile is on the other two.
  await load.settle()
})

const loadOn = (url: string): Promise<Load> => {
  const open = () => openKafkaTransport(url)
  return startLoad({ writer: open, reader: open })
}

async function flowsSoon(load: Load): Promise<number> {
  const ms = await load.untilFlowing()
  assert.ok(ms < backMs, `messages flowed again after ${Math.round(ms)} ms`)
  return ms
}

function proxyOf({ proxy }: KafkaNode): TcpProxy {
  assert.ok(proxy)
  return proxy
}

/** Which node leads the topic's first partition. */
async function leaderOf({ brokers }: KafkaNode, topic: string): Promise<number> {
  const admin = new Admin({ clientId: 'faults', bootstrapBrokers: [...brokers] })
  try {
    const { topics } = await admin.metadata({ topics: [topic] })
    return topics.get(topic)?.partitions[0]?.leader ?? assert.fail(`${topic} has no leader`)
  } finally {
    await admin.close()
  }
}
