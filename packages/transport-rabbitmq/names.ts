/** What a topic and its groups are called at the broker, and which partition a key belongs to. */
import { crc32 } from 'node:zlib'
import { BusError } from '@vestnik/bus/errors'

export interface Names {
  /** The topic's exchange, or its plain queue: the topic's own name unless a peer calls it otherwise. */
  topic(topic: string): string
  /** Holds nothing: its arguments say how many partitions the topic has. */
  partitions(topic: string): string
  /** One of the group's queues. */
  queue(topic: string, group: string, partition: number): string
  /** Holds nothing: who reads the group consumes it, so that each can count them all. */
  members(topic: string, group: string): string
  /** Holds nothing: while it is there, the group's queues are perhaps not on the disk yet. */
  settling(topic: string, group: string): string
  /** Where the broker puts what it will not deliver any more. */
  rejected(topic: string, group: string): string
}

/**
 * Names of topics and groups have dots and dashes but no slash: `a.b` of `c` and `a` of `b.c` stay apart.
 * @throws BusError `BAD_OPTION`
 */
export function namesFor(topicNames: Readonly<Record<string, string>>): Names {
  for (const [topic, name] of Object.entries(topicNames)) checkQueueName(`topicNames: ${topic}`, name)
  const named = (topic: string) => (Object.hasOwn(topicNames, topic) && topicNames[topic]) || topic
  return {
    topic: named,
    partitions: (topic) => `${named(topic)}/partitions`,
    queue: (topic, group, partition) => `${named(topic)}/${group}/${partition}`,
    members: (topic, group) => `${named(topic)}/${group}/members`,
    settling: (topic, group) => `${named(topic)}/${group}/settling`,
    rejected: (topic, group) => `${named(topic)}/${group}/rejected`,
  }
}

/** The partition of a key: every publisher of every process agrees on it, for good. */
export function partitionOf(key: string, partitions: number): number {
  return crc32(key) % partitions
}

function checkQueueName(what: string, name: string): void {
  if (name !== '' && Buffer.byteLength(name) <= 120) return
  throw new BusError('BAD_OPTION', `open RabbitMQ: ${what} is ${JSON.stringify(name)}: it must be 1 to 120 bytes long`)
}
