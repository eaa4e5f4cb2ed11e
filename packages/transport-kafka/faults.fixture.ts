/** One member on a broker, without a bus, and what others do at the same broker. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Producer } from '@platformatic/kafka'
import type { Deliver, Group, Incoming, Subscription, Transport } from '@vestnik/bus/transport'
import { openKafkaTransport } from './index.ts'

export interface TestMember extends AsyncDisposable {
  readonly transport: Transport
  /** What it told the operator. */
  readonly told: readonly string[]
  /** An ordered group of a topic of its own, whose places are made. */
  group(partitions: number, topic?: string): Promise<Group>
  /** Publishes so many messages of as many keys, with ids that begin with the prefix. */
  publish(group: Group, prefix: string, count: number, bytes?: number): Promise<void>
  /** Subscribes, and keeps what was handed out. */
  read(group: Group, deliver?: Deliver): Promise<Reading>
}

export interface Reading {
  readonly messages: readonly Incoming[]
  readonly subscription: Subscription
  /** Resolves when so many messages were handed out, and answers their ids, sorted. */
  untilRead(count: number): Promise<readonly string[]>
}

export async function openMember(url: string): Promise<TestMember> {
  const told: string[] = []
  const transport = await openKafkaTransport(url, { log: (text) => void told.push(text) })
  return {
    transport,
    told,
    async group(partitions, topic = `topic-${randomUUID().slice(0, 8)}`) {
      const group = { topic, name: `readers-${topic}`, order: 'key', concurrency: 16 } as const
      await transport.ensure({ topics: [{ name: topic, partitions }], groups: [group] })
      return group
    },
    async publish({ topic }, prefix, count, bytes = 20) {
      const ids = Array.from({ length: count }, (_, i) => `${prefix}${i}`)
      const body = Buffer.alloc(bytes, 'x')
      await transport.publish(ids.map((id, i) => ({ id, topic, key: `k${i}`, headers: {}, body })))
    },
    async read(group, deliver = async () => {}) {
      const messages: Incoming[] = []
      const subscription = await transport.subscribe(group, (message, signal) => {
        messages.push(message)
        return deliver(message, signal)
      })
      const untilRead = async (count: number) => {
        await until(`${count} messages`, () => messages.length >= count)
        return messages.map(({ id }) => id).toSorted()
      }
      return { messages, subscription, untilRead }
    },
    [Symbol.asyncDispose]: () => transport.close(),
  }
}

/** The ids that `publish` gave, sorted. */
export const idsOf = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`).toSorted()

const sendMs = 10_000
const closeMs = 3000

export interface PeerRecord {
  readonly value: Buffer | null
  readonly key?: Buffer
  readonly headers?: Map<Buffer, Buffer>
  readonly partition?: number
}

/** Sends as a program does that knows nothing of this project. */
export async function sendAsPeer(
  brokers: readonly string[],
  topic: string,
  records: readonly PeerRecord[],
  compression: 'none' | 'zstd' = 'none',
): Promise<void> {
  const producer = new Producer<Buffer, Buffer | null, Buffer, Buffer>({
    ...{ clientId: 'peer', bootstrapBrokers: [...brokers], autocreateTopics: false, retries: 20 },
  })
  try {
    const messages = records.map((record) => ({ ...record, topic }))
    // Where a leader is missing the client's promise may never settle.
    const late = sleep(sendMs, undefined, { ref: false }).then(() =>
      assert.fail(`not sent to ${topic} in ${sendMs} ms`),
    )
    await Promise.race([producer.send({ messages, compression, acks: -1 }), late])
  } finally {
    await Promise.race([producer.close().catch(() => {}), sleep(closeMs, undefined, { ref: false })])
  }
}

export async function until(what: string, fact: () => boolean | Promise<boolean>, patienceMs = 60_000): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await fact())) {
    assert.ok(performance.now() < end, `waited ${patienceMs} ms for ${what}`)
    await sleep(20)
  }
}
