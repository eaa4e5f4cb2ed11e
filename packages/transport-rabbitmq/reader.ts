/**
 * One queue, read on a channel of its own: what the channel has handed out is in hand here until it is acknowledged, or
 * until the channel is gone, and with it everything in hand.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import { createAcks } from './acks.ts'
import { openChannel, type Wire, wireOf } from './channel.ts'
import { closed } from './close.ts'
import { ackFrames } from './frames.ts'
import { createLanes, type Lane, type Lanes } from './lanes.ts'

export interface Reader {
  readonly queue: string
  /** The queue, for people. */
  readonly at: string
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
  let wire: Wire | undefined
  let isFlushing = false
  let closing: Promise<void> | undefined
  let ackedAt = Number.NEGATIVE_INFINITY

  const reader: Reader = {
    queue,
    at: `rabbitmq:${queue}`,
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
      // After what came with it: many have ended by then.
      process.nextTick(flush)
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
    if (reader.isLost || !channel || !wire) return
    const { through, singles } = acks.take()
    if (through === undefined && singles.length === 0) return
    wire.stream.write(ackFrames(wire.number, through, singles))
    ackedAt = performance.now()
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
  wire = wireOf(model, channel)
  await channel.prefetch(prefetch)
  await channel.consume(queue, receive)
  return reader
}
