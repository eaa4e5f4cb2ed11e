/**
 * One queue, read on a channel of its own: what the channel has handed out is in hand here until it is acknowledged, or
 * until the channel is gone, and with it everything in hand.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import { createAcks } from './acks.ts'
import { openChannel } from './channel.ts'
import { closed } from './close.ts'
import { createLanes, type Lane, type Lanes } from './lanes.ts'

export interface Reader {
  readonly queue: string
  readonly lanes: Lanes
  /** How many of its messages run now. Kept by who runs them. */
  running: number
  /** Nothing of it is started: it is to be closed, or nobody knows whether its channel still lives. */
  isHeldBack: boolean
  /** What could start but for that. */
  readonly kept: Lane[]
  isLost: boolean
  /** It has delivered something: of the queue's consumers it is the active one. */
  isActive: boolean
  ack(tag: number): void
  /** Rejects when the broker does not know the channel any more. */
  prove(): Promise<void>
  /** Its queue does not know it any more, and nothing more will come: it is told as lost. */
  abandon(): void
  /** Gives back what is in hand, after what was acknowledged has reached the queue. */
  close(): Promise<void>
}

export interface ReaderEvents {
  arrived(reader: Reader, message: ConsumeMessage): void
  /** The channel has gone otherwise than by `close`: what was in hand comes again, unless its queue has gone too. */
  lost(reader: Reader, isCancelled: boolean): void
}

/**
 * A quorum queue takes acknowledgements a little later than the broker does: what was acknowledged just before its
 * channel is closed would come again.
 */
const ackSettleMs = 300

/** Resolves when the queue is consumed. */
export async function openReader(
  model: ChannelModel,
  queue: string,
  prefetch: number,
  events: ReaderEvents,
): Promise<Reader> {
  const acks = createAcks()
  let channel: Channel | undefined
  let isFlushing = false
  let closing: Promise<void> | undefined
  let ackedAt = Number.NEGATIVE_INFINITY

  const reader: Reader = {
    queue,
    lanes: createLanes(),
    running: 0,
    isHeldBack: false,
    kept: [],
    isLost: false,
    isActive: false,
    ack(tag) {
      acks.finish(tag)
      if (isFlushing) return
      isFlushing = true
      setImmediate(flush)
    },
    async prove() {
      if (!channel) throw new Error('the channel is closed')
      await channel.prefetch(prefetch)
    },
    abandon() {
      if (channel) void closed(channel)
      gone(true)
    },
    close() {
      closing ??= close()
      return closing
    },
  }

  async function close(): Promise<void> {
    flush()
    const quietMs = ackedAt + ackSettleMs - performance.now()
    if (quietMs > 0 && !reader.isLost) await sleep(quietMs)
    reader.isLost = true
    if (channel) await closed(channel)
  }

  function flush(): void {
    isFlushing = false
    if (reader.isLost || !channel) return
    const { through, singles } = acks.take()
    try {
      if (through !== undefined) channel.ack(tagged(through), true)
      for (const tag of singles) channel.ack(tagged(tag))
      if (through !== undefined || singles.length > 0) ackedAt = performance.now()
    } catch {
      // The channel is closed, which is heard of elsewhere.
    }
  }

  function gone(isCancelled: boolean): void {
    if (reader.isLost) return
    reader.isLost = true
    if (!closing) events.lost(reader, isCancelled)
  }

  function receive(message: ConsumeMessage | null): void {
    if (reader.isLost) return
    if (message !== null) {
      reader.isActive = true
      events.arrived(reader, message)
    } else {
      // The broker has ended the consumption: the queue was deleted, or its node has gone.
      reader.abandon()
    }
  }

  channel = await openChannel(model, () => {
    channel = undefined
    gone(false)
  })
  await channel.prefetch(prefetch)
  await channel.consume(queue, receive)
  return reader
}

/** All that the client reads of a message that it acknowledges. */
function tagged(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage
}
