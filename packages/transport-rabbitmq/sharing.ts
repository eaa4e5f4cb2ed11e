/**
 * Members of an ordered group share its queues: who holds too many gives some away. A queue has one active reader at a
 * time, and the broker leaves it with whoever came first.
 */
import type { Channel, ChannelModel } from 'amqplib'
import { openChannel } from './channel.ts'
import { closed } from './close.ts'
import { answerOf, notFound } from './failures.ts'
import type { Reader } from './reader.ts'
import { excess } from './share.ts'

export interface Sharing {
  close(): Promise<void>
}

export interface Shares {
  /** The connection to read on; undefined while there is none. */
  connection(): ChannelModel | undefined
  /** How many queues the group has. */
  count(): number
  /** Those that this member reads, and may give away. */
  held(): readonly Reader[]
  handOver(reader: Reader): Promise<void>
  /** Makes the group's places again: the `members` queue is gone. */
  restore(): Promise<void>
}

const lookMs = 1000

/** Every member consumes the group's `members` queue, in which there is never anything: so each can count them all. */
export function startSharing(members: string, shares: Shares): Sharing {
  let channel: Channel | undefined
  let isBusy = false
  let isClosed = false
  const timer = setInterval(() => void look(), lookMs * (0.9 + Math.random() / 5))
  timer.unref()
  void look()

  async function look(): Promise<void> {
    if (isBusy || isClosed) return
    isBusy = true
    try {
      channel ??= await join()
      // Who has left must not be counted.
      if (isClosed && channel) await closed(channel)
      else if (channel && shares.held().length > 0) await giveAway(channel)
    } catch (error) {
      // Another channel joins at the next look; this one may have gone while it joined.
      if (channel) void closed(channel)
      channel = undefined
      if (answerOf(error) === notFound) await shares.restore()
    } finally {
      isBusy = false
    }
  }

  async function join(): Promise<Channel | undefined> {
    const model = shares.connection()
    if (!model) return undefined
    const joined = await openChannel(model, () => {
      channel = undefined
    })
    // Nothing comes but the end of the queue: whoever makes it again, this member is to be counted there.
    await joined.consume(members, () => void closed(joined), { noAck: true })
    return joined
  }

  async function giveAway(own: Channel): Promise<void> {
    const { consumerCount } = await own.checkQueue(members)
    const held = shares.held().toSorted((a, b) => a.lanes.size() - b.lanes.size())
    const count = excess(held.length, shares.count(), consumerCount, Math.random())
    await Promise.all(held.slice(0, count).map((reader) => shares.handOver(reader)))
  }

  return {
    async close() {
      clearInterval(timer)
      isClosed = true
      if (channel) await closed(channel)
    },
  }
}
