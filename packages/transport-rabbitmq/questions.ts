/** Questions to the broker: what is there, and how many partitions a topic has. */
import { randomUUID } from 'node:crypto'
import { BusError } from '@vestnik/bus/errors'
import type { Channel, ChannelModel } from 'amqplib'
import { openChannel } from './channel.ts'
import { closed } from './close.ts'
import { answerOf, notFound } from './failures.ts'

/** A channel, and another one when the broker has closed it, as it does after each question that it answers with no. */
export interface Channels {
  get(): Promise<Channel>
}

/** Declares have channels of their own: one that does not fit ends its channel, and whatever else was under way there. */
export async function withChannels<T>(model: ChannelModel, work: (channels: Channels) => Promise<T>): Promise<T> {
  let channel: Channel | undefined
  const get = async () => {
    channel ??= await openChannel(model, () => {
      channel = undefined
    })
    return channel
  }
  try {
    return await work({ get })
  } finally {
    if (channel) await closed(channel)
  }
}

export async function exists(channels: Channels, look: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  try {
    await look(await channels.get())
    return true
  } catch (error) {
    if (answerOf(error) === notFound) return false
    throw error
  }
}

/** Of a queue with a single active consumer that one only. None where there is no such queue. */
export async function consumersOf(channels: Channels, queue: string): Promise<number> {
  try {
    return (await (await channels.get()).checkQueue(queue)).consumerCount
  } catch (error) {
    if (answerOf(error) === notFound) return 0
    throw error
  }
}

const askMs = 2000

/**
 * Reads the number that a topic's `partitions` queue has in its arguments: a message that is put there dies at once and
 * comes here under that number. Undefined when there is no such queue. On a connection that publishes: an alarm would
 * stop any other that did.
 */
export async function askPartitions(model: ChannelModel, queue: string): Promise<number | undefined> {
  const answer = Promise.withResolvers<number | undefined>()
  const channel = await openChannel(model, () => answer.resolve(Number.NaN))
  const ask = randomUUID()
  const late = setTimeout(() => answer.resolve(Number.NaN), askMs)
  try {
    const { queue: own } = await channel.assertQueue('', { exclusive: true, autoDelete: true })
    await channel.bindQueue(own, 'amq.headers', '', { 'x-match': 'all', 'vestnik-ask': ask })
    await channel.consume(own, (message) => answer.resolve(Number(message?.fields.routingKey)), { noAck: true })
    channel.on('return', () => answer.resolve(undefined))
    channel.publish('', queue, Buffer.alloc(0), { headers: { 'vestnik-ask': ask }, mandatory: true })
    const found = await answer.promise
    if (Number.isNaN(found)) throw new BusError('BROKER_UNREACHABLE', `ask ${queue} for its partitions: no answer`)
    return found
  } finally {
    clearTimeout(late)
    await closed(channel)
  }
}
