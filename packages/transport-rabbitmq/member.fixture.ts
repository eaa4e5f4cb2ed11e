/** One member on a broker, without a bus: publishes and reads numbered messages of a few keys. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { PublishError } from '@vestnik/bus/errors'
import type { Group, Topology, Transport } from '@vestnik/bus/transport'
import { type Channel, connect } from 'amqplib'
import { openRabbitTransport, type RabbitTransportOptions } from './index.ts'

export interface TestMember extends AsyncDisposable {
  readonly transport: Transport
  /** An ordered group of a topic of its own, with four partitions, whose places are made. */
  group(topic?: string): Promise<Group>
  topologyOf(group: Group): Topology
  /** Publishes so many messages with ids that begin with the prefix, in one batch. */
  publish(group: Group, prefix: string, count: number, bytes?: number): Promise<void>
  /** Subscribes; the ids of what was handled. */
  read(group: Group): Promise<Set<string>>
  /** What somebody else does at the same broker. */
  atBroker<T>(work: (channel: Channel) => Promise<T>): Promise<T>
}

export async function openMember(url: string, options: RabbitTransportOptions = {}): Promise<TestMember> {
  const transport = await openRabbitTransport(url, { settleMs: 0, ...options })
  const topologyOf = (group: Group): Topology => ({ topics: [{ name: group.topic, partitions: 4 }], groups: [group] })
  return {
    transport,
    topologyOf,
    async group(topic = `topic-${randomUUID().slice(0, 8)}`) {
      const group = { topic, name: 'readers', order: 'key', concurrency: 16 } as const
      await transport.ensure(topologyOf(group))
      return group
    },
    publish({ topic }, prefix, count, bytes = 20) {
      const ids = Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
      return transport.publish(
        ids.map((id, i) => ({ id, topic, key: `k${i}`, headers: {}, body: Buffer.alloc(bytes, id) })),
      )
    },
    async read(group) {
      const handled = new Set<string>()
      await transport.subscribe(group, async ({ id }) => void handled.add(id))
      return handled
    },
    atBroker: (work) => asPeer(url, work),
    [Symbol.asyncDispose]: () => transport.close(),
  }
}

/** A program that knows nothing of this project. */
export async function asPeer<T>(url: string, work: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(url)
  connection.on('error', () => {})
  try {
    const channel = await connection.createChannel()
    const result = await work(channel)
    // The end of a connection overtakes what was just sent on its channels.
    await channel.close()
    return result
  } finally {
    await connection.close()
  }
}

export async function rejection(publishing: Promise<void>): Promise<PublishError> {
  const error = await publishing.then(
    () => assert.fail('publish resolved'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof PublishError, String(error))
  return error
}

/**
 * How many queues each reader has, by the queues that it notes when they bring it something: looked at again when all
 * queues together have brought something.
 */
export async function sharesOf(readers: readonly Set<string>[], queues: number): Promise<readonly number[]> {
  for (const noted of readers) noted.clear()
  await until(() => new Set(readers.flatMap((noted) => [...noted])).size === queues, 60_000)
  return readers.map(({ size }) => size)
}

export async function until(fact: () => boolean | Promise<boolean>, patienceMs: number = 30_000): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await fact())) {
    assert.ok(performance.now() < end, `waited ${patienceMs} ms`)
    await sleep(20)
  }
}
