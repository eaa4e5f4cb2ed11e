/** What a topology is at the broker: exchanges, queues and bindings, as data. Pure. */
import type { Group, Topic } from '@vestnik/bus/transport'
import type { Options } from 'amqplib'
import type { Names } from './names.ts'

export interface QueuePlan {
  readonly name: string
  readonly options: Options.AssertQueue
  /** Quorum queues are written to the disk some seconds after the broker has answered. */
  readonly settles: boolean
}

export interface BindingPlan {
  readonly queue: string
  readonly exchange: string
  readonly keys: readonly string[]
}

/** Never reached, and written out: 4.0 has a limit of 20 where none is set, and drops what comes more often. */
const deliveryLimit = 1_000_000_000

/** AMQP has no place for a number that can be compared and read: this queue's arguments are one. See `askPartitions`. */
export function partitionsQueue(names: Names, { name, partitions }: Topic): QueuePlan {
  const arguments_ = {
    'x-message-ttl': 0,
    'x-dead-letter-exchange': 'amq.headers',
    'x-dead-letter-routing-key': String(partitions),
  }
  return { name: names.partitions(name), options: { durable: true, arguments: arguments_ }, settles: false }
}

/** The queues from which the group's messages are read. */
export function groupQueues(names: Names, { topic, name, order }: Group, partitions: number): readonly QueuePlan[] {
  const arguments_ = {
    'x-queue-type': 'quorum',
    'x-delivery-limit': deliveryLimit,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': names.rejected(topic, name),
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
    ...(order === 'key' && { 'x-single-active-consumer': true }),
  }
  const queue = (partition: number): QueuePlan => {
    return {
      name: names.queue(topic, name, partition),
      options: { durable: true, arguments: arguments_ },
      settles: true,
    }
  }
  return Array.from({ length: order === 'key' ? partitions : 1 }, (_, partition) => queue(partition))
}

/** Made last: where it is, the group's queues have been written to the disk. */
export function rejectedQueue(names: Names, { topic, name }: Group): QueuePlan {
  const arguments_ = { 'x-queue-type': 'quorum', 'x-delivery-limit': deliveryLimit }
  return { name: names.rejected(topic, name), options: { durable: true, arguments: arguments_ }, settles: true }
}

export function membersQueue(names: Names, { topic, name }: Group): QueuePlan {
  return { name: names.members(topic, name), options: { durable: true }, settles: false }
}

/** Made before a queue that is missing is made again, and gone by itself when that has been written to the disk. */
export function settlingQueue(names: Names, { topic, name }: Group, settleMs: number): QueuePlan {
  const options = { durable: true, arguments: { 'x-expires': settleMs } }
  return { name: names.settling(topic, name), options, settles: false }
}

/** Queue i gets partition i; the one queue of a group without order gets all of them. */
export function groupBindings(names: Names, group: Group, partitions: number): readonly BindingPlan[] {
  const all = Array.from({ length: partitions }, (_, partition) => String(partition))
  const exchange = names.topic(group.topic)
  return groupQueues(names, group, partitions).map(({ name: queue }, i) => {
    return { queue, exchange, keys: group.order === 'key' ? [String(i)] : all }
  })
}
