/**
 * Members of an ordered group share its queues: who holds too many gives some away. A queue has one active reader at a
 * time, and the broker leaves it with whoever came first.
 */
import type { Channel, ChannelModel } from 'amqplib'
import { openChannel } from './channel.ts'
import type { Reader } from './reader.ts'
import { excess } from './share.ts'

export interface Sharing {
  /** Each time there is a new connection. */
  open(model: ChannelModel): void
  close(): Promise<void>
}

export interface Shares {
  /** How many queues the group has. */
  count(): number
  /** Those that this member reads, and may give away. */
  held(): readonly Reader[]
  handOver(reader: Reader): Promise<void>
}

const lookMs = 1000

/** Every member consumes the group's `members` queue, in which there is never anything: so each can count them all. */
export function startSharing(members: string, shares: Shares): Sharing {
  let channel: Channel | undefined
  let isBusy = false
  const timer = setInterval(() => void look(), lookMs * (0.9 + Math.random() / 5))
  timer.unref()

  async function look(): Promise<void> {
    if (isBusy || !channel || shares.held().length === 0) return
    isBusy = true
    try {
      const { consumerCount } = await channel.checkQueue(members)
      const held = shares.held().toSorted((a, b) => a.lanes.size() - b.lanes.size())
      const count = excess(held.length, shares.count(), consumerCount, Math.random())
      await Promise.all(held.slice(0, count).map((reader) => shares.handOver(reader)))
    } catch {
      // The channel has gone, and is opened again with the connection.
    } finally {
      isBusy = false
    }
  }

  return {
    open(model) {
      void join(model, members).then(
        (joined) => {
          channel = joined
        },
        () => {},
      )
    },
    async close() {
      clearInterval(timer)
      await channel?.close().catch(() => {})
    },
  }
}

async function join(model: ChannelModel, members: string): Promise<Channel> {
  const channel = await openChannel(model, () => {})
  await channel.consume(members, () => {}, { noAck: true })
  return channel
}
