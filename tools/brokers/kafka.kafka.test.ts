/** The Kafka that tests are given: its own, on free ports, and gone without a trace. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Admin,
  AuthenticationError,
  type BaseOptions,
  ConfigResourceTypes,
  ListOffsetTimestamps,
  Producer,
} from '@platformatic/kafka'
import { makeCertificate } from '../../services/mailer/certificates.fixture.ts'
import { type KafkaNode, kafkaCluster, privateKafka } from './kafka.ts'

type Client = Pick<BaseOptions, 'bootstrapBrokers' | 'tls' | 'sasl'>

const quick = { clientId: 'provisioning', retries: 0, connectTimeout: 500, requestTimeout: 1000, timeout: 1000 }
const patient = { ...quick, connectTimeout: 10_000, requestTimeout: 10_000, timeout: 9000 }

test('a private node keeps what it held when it is killed and started again', { timeout: 120_000 }, async () => {
  await using node = await privateKafka()
  const topic = await makeTopic(of(node))
  const held = await countIn(node, topic)
  await node.kill()
  await assert.rejects(publish(of(node), topic))
  await node.start()
  assert.equal(await countIn(node, topic), held)
  await node.shutDown()
  await node.start()
  assert.equal(await countIn(node, topic), held)
  assert.equal(await sessionOf(node), '6000')
})

test('a frozen node answers nobody until it is thawed', { timeout: 60_000 }, async () => {
  await using node = await privateKafka()
  const topic = await makeTopic(of(node))
  node.freeze()
  await untilRefused(of(node), topic)
  await assert.rejects(publish(of(node), topic))
  node.thaw()
  await untilPublished(of(node), topic)
})

test('clients that come through its proxy stay with it, and go when it is cut', { timeout: 60_000 }, async () => {
  await using node = await privateKafka({ proxied: true })
  const { proxy } = node
  assert.ok(proxy)
  const through = { bootstrapBrokers: [`127.0.0.1:${proxy.port}`] }
  const topic = await makeTopic(through)
  await publish(through, topic)
  proxy.refuse(true)
  proxy.cut()
  await assert.rejects(publish(through, topic))
  await publish(of(node), topic)
})

test('three nodes hold each message, and go on without one', { timeout: 120_000 }, async () => {
  await using all = new AsyncDisposableStack()
  const nodes = await kafkaCluster(3)
  for (const node of nodes) all.use(node)
  const [first, second] = nodes
  assert.ok(first && second)
  const topic = await makeTopic(of(first), 3)
  await publish(of(first), topic)
  await first.kill()
  await untilPublished({ bootstrapBrokers: [`127.0.0.1:${second.port}`] }, topic)
})

test('TLS and SCRAM let in who knows the certificate and the password', { timeout: 120_000 }, async () => {
  const tls = await makeCertificate('localhost')
  await using node = await privateKafka({ tls, users: { anna: 'right' }, acls: true, groupTimeouts: 'broker' })
  const topic = await makeTopic(of(node))
  const byTls = { bootstrapBrokers: [`localhost:${node.tlsPort}`], tls: { ca: tls.cert } }
  await publish(byTls, topic, patient)
  await assert.rejects(publish({ ...byTls, tls: { ca: (await makeCertificate('localhost')).cert } }, topic, patient))
  const anna = { mechanism: 'SCRAM-SHA-512', username: 'anna', password: 'right' } as const
  const bySasl = { ...byTls, bootstrapBrokers: [`localhost:${node.saslPort}`] }
  await assert.rejects(publish({ ...bySasl, sasl: { ...anna, password: 'wrong' } }, topic, patient), isRefused)
  // She is known, but nobody said that she may write.
  await assert.rejects(publish({ ...bySasl, sasl: anna }, topic, patient), hasAnswer('TOPIC_AUTHORIZATION_FAILED'))
  assert.equal(await sessionOf(node), '45000')
})

test('nothing is left when the process that started a node is killed', { timeout: 90_000 }, async () => {
  const child = fork(new URL('kafka-killed.fixture.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [port] = await once(child, 'message')
  const file = runningWith(`:${port}`)
  assert.ok(file)
  child.kill('SIGKILL')
  while (existsSync(dirname(dirname(file))) || runningWith(file)) await sleep(50)
})

const of = ({ brokers }: KafkaNode): Client => ({ bootstrapBrokers: [...brokers] })

async function makeTopic(client: Client, replicas = 1): Promise<string> {
  const admin = new Admin({ ...patient, ...client })
  const topic = `t-${randomUUID()}`
  await admin.createTopics({ topics: [topic], partitions: 1, replicas })
  await admin.close()
  await untilPublished(client, topic)
  return topic
}

async function publish(client: Client, topic: string, times = quick): Promise<void> {
  const producer = new Producer({ ...times, ...client })
  try {
    await producer.send({ messages: [{ topic, partition: 0, value: Buffer.from('x') }], acks: -1 })
  } finally {
    await producer.close(true)
  }
}

/** On a busy machine a signal takes its time, and what comes before it is answered. */
async function untilRefused(client: Client, topic: string): Promise<void> {
  try {
    for (;;) await publish(client, topic)
  } catch {
    // So it should be.
  }
}

/** Who leads a new topic is known a little later. */
async function untilPublished(client: Client, topic: string): Promise<void> {
  for (;;) {
    try {
      return await publish(client, topic)
    } catch {
      await sleep(100)
    }
  }
}

async function countIn(node: KafkaNode, topic: string): Promise<bigint | undefined> {
  const admin = new Admin({ ...quick, ...of(node) })
  const partitions = [{ partitionIndex: 0, timestamp: ListOffsetTimestamps.LATEST }]
  const [found] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
  await admin.close()
  return found?.partitions[0]?.offset
}

async function sessionOf(node: KafkaNode): Promise<string | null | undefined> {
  const admin = new Admin({ ...patient, ...of(node) })
  const configurationKeys = ['group.consumer.session.timeout.ms']
  const broker = { resourceType: ConfigResourceTypes.BROKER, resourceName: '1', configurationKeys }
  const [found] = await admin.describeConfigs({ resources: [broker] })
  await admin.close()
  return found?.configs[0]?.value
}

/** The settings of the node that a running Java was started with, if they hold this text. */
function runningWith(text: string): string | undefined {
  return globSync('/proc/[0-9]*/cmdline')
    .map((path) => attempt(() => readFileSync(path, 'utf8').split('\0').at(-2)))
    .find((file) => file?.endsWith('server.properties') && attempt(() => readFileSync(file, 'utf8'))?.includes(text))
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function hasAnswer(apiId: string): (error: unknown) => boolean {
  return (error) => causesOf(error).some((one) => 'apiId' in one && one.apiId === apiId)
}

function isRefused(error: unknown): boolean {
  return causesOf(error).some((one) => one instanceof AuthenticationError)
}

/** The client's errors lie in one another, as causes and in lists. */
function causesOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return []
  const inside: readonly unknown[] = [error.cause, ...(error instanceof AggregateError ? error.errors : [])]
  return [error, ...inside.flatMap(causesOf)]
}
