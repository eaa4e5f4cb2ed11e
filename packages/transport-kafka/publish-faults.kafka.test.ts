/** Whatever happens to the broker: nothing confirmed is lost, each key keeps its order, and publishing goes on by itself. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { PublishError } from '@vestnik/bus/errors'
import { kafkaCluster, privateKafka } from '../../tools/brokers/kafka.ts'
import { openKafkaTransport } from './index.ts'
import { administer, readTopic } from './log.fixture.ts'
import { partitionOf } from './partition.ts'
import { startLoad, until } from './publish-faults.fixture.ts'

/** Without an answer for longer than this a producer is replaced. */
const watchdogMs = 5000

describe('one broker', async () => {
  const broker = await privateKafka({ proxied: true })
  after(() => broker[Symbol.asyncDispose]())
  const { brokers } = broker

  test('a broker that is killed and started again', { timeout: 120_000 }, async () => {
    await using load = await startLoad(broker.url)
    await load.untilMore(500)
    await broker.kill()
    await until('a health that says so', () => !load.transport.health().ready)
    await broker.start()
    await load.untilMore(500)
    await load.check(brokers)
    await until('a health that is ready', () => load.transport.health().ready)
  })

  test('a broker that stands still for longer than the watchdog waits', { timeout: 120_000 }, async (t) => {
    await using load = await startLoad(broker.url)
    await load.untilMore(500)
    broker.freeze()
    await new Promise((resolve) => setTimeout(resolve, watchdogMs + 3000))
    broker.thaw()
    await load.untilMore(500)
    await load.check(brokers)
    t.diagnostic(`${Math.round(load.longestGapMs())} ms without a confirmation at most`)
  })

  test('links that are cut, and links that carry nothing more', { timeout: 120_000 }, async (t) => {
    const { proxy } = broker
    assert.ok(proxy)
    await using load = await startLoad(`kafka://127.0.0.1:${proxy.port}`)
    for (let cut = 1; cut <= 5; cut += 1) {
      await load.untilMore(500)
      proxy.cut()
    }
    await load.untilMore(500)
    proxy.silence()
    await load.untilMore(500)
    await load.check(brokers)
    t.diagnostic(`${Math.round(load.longestGapMs())} ms without a confirmation at most`)
  })

  test('a topic that is deleted under load is refused, and taken again when it is made again', {
    timeout: 120_000,
  }, async () => {
    await using transport = Object.assign(await openKafkaTransport(broker.url), disposable)
    const name = `deleted-${randomUUID()}`
    const topology = { topics: [{ name, partitions: 2 }], groups: [] }
    const publish = (id: string) =>
      transport.publish([{ id, topic: name, key: id, headers: {}, body: Buffer.from('{}') }]).then(
        () => 'sent',
        (error: unknown) => (error instanceof PublishError ? (error.refused[0]?.code ?? 'doubtful') : String(error)),
      )
    await transport.ensure(topology)
    assert.equal(await publish('a'), 'sent')
    await administer(brokers, (admin) => admin.deleteTopics({ topics: [name] }))
    // A broker hears of it a moment later, and takes messages until then.
    for (let end = ''; end !== 'UNKNOWN_TOPIC'; ) {
      end = await publish('a')
      assert.ok(['sent', 'doubtful', 'UNKNOWN_TOPIC'].includes(end), end)
    }
    await transport.ensure(topology)
    assert.equal(await publish('a'), 'sent')
  })

  test('at its deadline a caller hears that nobody knows, and what follows is stored behind it', async () => {
    await using load = await startLoad(broker.url, { publishMs: 1500 })
    await load.untilMore(500)
    broker.freeze()
    const { topic, transport } = load
    const doubted = transport.publish(
      ['x1', 'x2'].map((id) => ({ id, topic, key: 'x', headers: {}, body: Buffer.from('{}') })),
    )
    const outcome: unknown = await doubted.catch((error: unknown) => error).finally(() => broker.thaw())
    assert.ok(outcome instanceof PublishError, String(outcome))
    assert.deepEqual([outcome.doubtful, outcome.refused], [['x1', 'x2'], []])
    await load.untilMore(500)
    await load.check(brokers)
  })

  test('a broker that is slow with each answer has each message once', { timeout: 120_000 }, async () => {
    const { proxy } = broker
    assert.ok(proxy)
    await using transport = Object.assign(
      await openKafkaTransport(`kafka://127.0.0.1:${proxy.port}`, { publishMs: 90_000 }),
      disposable,
    )
    const topic = `slow-${randomUUID()}`
    await transport.ensure({ topics: [{ name: topic, partitions: 12 }], groups: [] })
    const publish = (round: number, count: number) =>
      transport.publish(
        Array.from({ length: count }, (_, i) => {
          return { id: `${round}-${i}`, topic, key: `k${i}`, headers: {}, body: Buffer.from('{}') }
        }),
      )
    await publish(1, 48)
    // Four wait for each connection: the last of them for longer than the watchdog would.
    proxy.delay(watchdogMs / 3)
    try {
      await publish(2, 48)
      proxy.delay(watchdogMs + 1000)
      await publish(3, 1)
    } finally {
      proxy.delay(0)
    }
    const stored = await readTopic(brokers, topic)
    assert.equal(new Set(stored.map(({ id }) => id)).size, 97)
    assert.equal(stored.length, 97)
  })

  test('a close answers everybody, whatever is under way', async () => {
    await using transport = Object.assign(await openKafkaTransport(broker.url), disposable)
    const topic = `closed-${randomUUID()}`
    await transport.ensure({ topics: [{ name: topic, partitions: 4 }], groups: [] })
    await transport.publish([{ id: 'x', topic, headers: {}, body: Buffer.from('{}') }])
    broker.freeze()
    const waiting = Array.from({ length: 3000 }, (_, i) =>
      transport.publish([{ id: `y${i}`, topic, headers: {}, body: Buffer.from('{}') }]),
    )
    const ends = Promise.allSettled(waiting)
    await transport.close().finally(() => broker.thaw())
    for (const { status } of await ends) assert.equal(status, 'rejected')
  })
})

test('the first broker of the URL stands still, then a leader is killed', { timeout: 180_000 }, async (t) => {
  const nodes = await kafkaCluster(3)
  const [first, second, third] = nodes
  t.after(() => Promise.all(nodes.map((node) => node[Symbol.asyncDispose]())))
  assert.ok(first && second && third)
  const everywhere = { replicas: 3, minInsyncReplicas: 2 }
  await using load = await startLoad(first.url, { partitions: 6, ...everywhere })
  await load.untilMore(500)
  first.freeze()
  await new Promise((resolve) => setTimeout(resolve, watchdogMs + 3000))
  await load.untilMore(500)
  first.thaw()
  await using lonely = await openLonely(third.url)
  await second.kill()
  await load.untilMore(500)
  // What the killed node alone held waits, and nothing else does.
  await until('a partition without a leader', async () => (await lonely.publishAll()).includes('doubtful'))
  assert.deepEqual((await lonely.publishAll()).toSorted(), ['doubtful', 'sent', 'sent'])
  assert.equal(lonely.told.filter((text) => text.includes('cannot be reached: Client')).length, 0)
  assert.doesNotMatch(lonely.transport.health().reason ?? '', /cannot be reached/)
  await load.check(third.brokers)
  t.diagnostic(`${Math.round(load.longestGapMs())} ms without a confirmation at most`)
})

/** A topic of three partitions, each on one node, and a publisher that does not wait for long. */
async function openLonely(url: string) {
  const told: string[] = []
  const log = (text: string) => void told.push(text)
  const transport = await openKafkaTransport(url, { replicas: 1, publishMs: 2000, log })
  const topic = `lonely-${randomUUID()}`
  await transport.ensure({ topics: [{ name: topic, partitions: 3 }], groups: [] })
  const keys = [0, 1, 2].map((partition) => keyFor(partition, 3))
  const publish = (key: string) =>
    transport.publish([{ id: randomUUID(), topic, key, headers: {}, body: Buffer.from('{}') }]).then(
      () => 'sent',
      () => 'doubtful',
    )
  const publishAll = () => Promise.all(keys.map(publish))
  return { transport, told, publishAll, [Symbol.asyncDispose]: () => transport.close() }
}

function keyFor(partition: number, partitions: number): string {
  for (let i = 0; ; i += 1) if (partitionOf(Buffer.from(`k${i}`), partitions) === partition) return `k${i}`
}

const disposable = {
  async [Symbol.asyncDispose](this: { close(): Promise<void> }) {
    await this.close()
  },
}
