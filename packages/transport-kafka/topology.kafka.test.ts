/** What is made at a real broker, what is used as it is found, and what is said of settings that do not fit. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { type Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka'
import { hasCode, PublishError } from '@vestnik/bus/errors'
import type { Outgoing, Transport } from '@vestnik/bus/transport'
import { sharedKafka } from '../../tools/brokers/kafka.ts'
import { openKafkaTransport } from './index.ts'
import { administer, readTopic } from './log.fixture.ts'
import type { KafkaTransportOptions } from './options.ts'
import { until } from './publish-faults.fixture.ts'

const broker = await sharedKafka()
after(() => broker[Symbol.asyncDispose]())
const { brokers, url } = broker
const limited = { timeout: 90_000 }

test('a topic is made with the partitions of its contract, and settings that lose nothing', limited, async () => {
  const topic = invent()
  await using transport = await open({ maxBodyBytes: 50_000, retentionMs: 3_600_000 })
  await transport.ensure(topologyOf(topic, 3))
  const config = await administer(brokers, (admin) => configOf(admin, topic))
  assert.deepEqual(
    ['cleanup.policy', 'retention.ms', 'unclean.leader.election.enable'].map((name) => config.get(name)),
    ['delete', '3600000', 'false'],
  )
  assert.ok(Number(config.get('max.message.bytes')) > 50_000)
  await transport.ensure(topologyOf(topic, 3))
})

test('two that make a topic at once make one', limited, async () => {
  const topic = invent()
  await using one = await open()
  await using other = await open()
  await Promise.all([one.ensure(topologyOf(topic, 2)), other.ensure(topologyOf(topic, 2))])
})

test('more partitions are never written to, fewer are a conflict', limited, async () => {
  const topic = invent()
  await administer(brokers, (admin) => admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 }))
  await using transport = await open()
  await assert.rejects(transport.ensure(topologyOf(topic, 5)), (error) => {
    assert.ok(hasCode(error, 'TOPOLOGY_CONFLICT'), String(error))
    assert.match(error.message, /has 4 partitions, the contract says 5/)
    return true
  })
  await transport.ensure(topologyOf(topic, 2))
  await transport.publish([...messages(topic, 40), ...messages(topic, 10).map(({ key: _, ...free }) => free)])
  const stored = await readTopic(brokers, topic)
  assert.equal(stored.length, 50)
  assert.deepEqual([...new Set(stored.map(({ partition }) => partition))].sort(), [0, 1])
})

test("a peer's topic is used as it is found, with whatever partitions it has", limited, async () => {
  const name = invent()
  await administer(brokers, (admin) => admin.createTopics({ topics: [name], partitions: 1, replicas: 1 }))
  await using transport = await open({ topicNames: { 'mail.sendCode': name } })
  await transport.ensure(topologyOf('mail.sendCode', 12))
  await transport.publish(messages('mail.sendCode', 20))
  assert.equal((await readTopic(brokers, name)).length, 20)
})

test('what a topic does not take is refused alone, whatever goes with it', limited, async () => {
  const name = invent()
  const configs = [{ name: 'max.message.bytes', value: '20000' }]
  await administer(brokers, (admin) => admin.createTopics({ topics: [name], partitions: 1, replicas: 1, configs }))
  await using transport = await open({ topicNames: { small: name } })
  await transport.ensure(topologyOf('small', 1))
  const [first, ...others] = messages('small', 200)
  assert.ok(first)
  const batch = [
    ...others.slice(0, 50),
    { ...first, body: Buffer.alloc(30_000, 'x') },
    ...others.slice(50),
    again(first),
  ]
  const error = await transport.publish(batch).catch((failure: unknown) => failure)
  assert.ok(error instanceof PublishError, String(error))
  assert.deepEqual(error.refused, [{ id: first.id, code: 'BODY_TOO_LARGE' }])
  assert.deepEqual(error.doubtful, [`${first.id}-again`])
  const stored = (await readTopic(brokers, name)).map(({ id }) => id)
  assert.deepEqual(
    stored,
    others.map(({ id }) => id),
  )
})

test('settings that do not fit are told of, once', limited, async () => {
  const [topic, group] = [invent(), invent()]
  await administer(brokers, async (admin) => {
    const configs = [{ name: 'retention.ms', value: '-1' }]
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1, configs })
    const session = { name: 'consumer.session.timeout.ms', value: '45000' }
    const operation = { configOperation: IncrementalAlterConfigOperationTypes.SET }
    const resource = { resourceType: ConfigResourceTypes.GROUP, resourceName: group }
    await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: [{ ...session, ...operation }] }] })
  })
  const told: string[] = []
  await using transport = await open({ log: (text) => told.push(text) })
  const topology = { ...topologyOf(topic, 1), groups: [{ topic, name: group, order: 'none', concurrency: 1 } as const] }
  await transport.ensure(topology)
  await until('both warnings', () => told.length === 2)
  assert.match(told[0] ?? '', /keeps messages for ever/)
  assert.match(told[1] ?? '', /only after 45 seconds/)
})

const invent = () => `topology-${randomUUID()}`

const topologyOf = (name: string, partitions: number) => ({ topics: [{ name, partitions }], groups: [] })

function messages(topic: string, count: number): Outgoing[] {
  return Array.from({ length: count }, (_, i) => {
    return { id: `m${i}`, topic, key: `k${i}`, headers: {}, body: Buffer.from('{}') }
  })
}

const again = (message: Outgoing): Outgoing => ({ ...message, id: `${message.id}-again` })

async function open(options?: KafkaTransportOptions): Promise<Transport & AsyncDisposable> {
  const transport = await openKafkaTransport(url, options)
  return Object.assign(transport, { [Symbol.asyncDispose]: () => transport.close() })
}

async function configOf(admin: Admin, resourceName: string): Promise<ReadonlyMap<string, unknown>> {
  const resources = [{ resourceType: ConfigResourceTypes.TOPIC, resourceName }]
  const [found] = await admin.describeConfigs({ resources })
  return new Map(found?.configs.map(({ name, value }) => [name, value]))
}
