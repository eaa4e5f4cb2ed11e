/** What the broker confirmed is stored, whatever it refuses beside it, and whatever becomes of the topic. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { PublishError } from '@vestnik/bus/errors'
import type { Outgoing, Transport } from '@vestnik/bus/transport'
import { sharedKafka } from '../../tools/brokers/kafka.ts'
import { openKafkaTransport } from './index.ts'
import { administer, readTopic } from './log.fixture.ts'
import { partitionOf } from './partition.ts'

const { brokers, url, [Symbol.asyncDispose]: end } = await sharedKafka()
after(end)
const limited = { timeout: 90_000 }

test('a batch that is refused for good does no harm to what waits beside it', limited, async (t) => {
  await using transport = await open()
  const topic = `refused-${randomUUID()}`
  const configs = [{ name: 'max.message.bytes', value: '2000' }]
  await administer(brokers, (admin) => admin.createTopics({ topics: [topic], partitions: 4, replicas: 1, configs }))
  const keys = [0, 1, 2, 3].map((partition) => keyFor(partition, 4))
  await transport.publish(keys.map((key) => message(topic, `first-${key}`, key)))
  const [small, large] = [keys[3] ?? '', keys[0] ?? '']
  const refused = transport.publish([message(topic, 'large', large, 5000)])
  refused.catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))
  // Whatever is known of the topic is old by now.
  const { now } = Date
  t.mock.method(Date, 'now', () => now() + 120_000)
  await transport.publish([message(topic, 'beside', small)])
  t.mock.restoreAll()
  await assert.rejects(refused, PublishError)
  const stored = await readTopic(brokers, topic)
  assert.deepEqual(stored.map(({ id }) => id).toSorted(), [...keys.map((key) => `first-${key}`), 'beside'].toSorted())
})

test('a topic that is made again with fewer partitions is written to as it is now', limited, async () => {
  await using transport = await open()
  const topic = `smaller-${randomUUID()}`
  const make = (partitions: number) =>
    administer(brokers, (admin) => admin.createTopics({ topics: [topic], partitions, replicas: 1 }))
  await make(4)
  const keys = [0, 1, 2, 3].map((partition) => keyFor(partition, 4))
  const publish = () => transport.publish(keys.map((key) => message(topic, randomUUID(), key)))
  await publish()
  await administer(brokers, (admin) => admin.deleteTopics({ topics: [topic] }))
  await make(2)
  // Until the broker has said what there is now, some are refused or in doubt.
  for (let isTaken = false; !isTaken; ) isTaken = await publish().then(() => true, isToldAs('UNKNOWN_TOPIC'))
  for (const { key, partition } of await readTopic(brokers, topic)) {
    assert.ok(partition < 2)
    assert.equal(typeof key, 'string')
  }
  const before = (await readTopic(brokers, topic)).length
  await publish()
  const last = (await readTopic(brokers, topic)).slice()
  assert.equal(last.length, before + 4)
  for (const key of keys) {
    const places = last.filter((one) => one.key === key).map(({ partition }) => partition)
    assert.equal(places.at(-1), partitionOf(Buffer.from(key), 2))
  }
})

const isToldAs = (code: string) => (error: unknown) => {
  assert.ok(error instanceof PublishError, String(error))
  for (const refusal of error.refused) assert.equal(refusal.code, code)
  return false
}

function keyFor(partition: number, partitions: number): string {
  for (let i = 0; ; i += 1) if (partitionOf(Buffer.from(`k${i}`), partitions) === partition) return `k${i}`
}

function message(topic: string, id: string, key: string, bytes = 20): Outgoing {
  return { id, topic, key, headers: {}, body: Buffer.alloc(bytes, 'x') }
}

async function open(): Promise<Transport & AsyncDisposable> {
  const transport = await openKafkaTransport(url)
  return Object.assign(transport, { [Symbol.asyncDispose]: () => transport.close() })
}
