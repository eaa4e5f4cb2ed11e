/** One group at one member: its queues' readers, what of them runs, and the ways in and out. */
import { setTimeout as sleep } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Group, Incoming } from '@vestnik/bus/transport'
import type { ChannelModel, ConsumeMessage } from 'amqplib'
import type { Connection } from './connection.ts'
import { createDeliveries } from './deliveries.ts'
import { answerOf, failureOf, notFound } from './failures.ts'
import { forgottenOf } from './forgotten.ts'
import { handOver, resume } from './hand-over.ts'
import type { Lane } from './lanes.ts'
import { fromAmqp } from './message.ts'
import { openReader, type Reader } from './reader.ts'
import { type Sharing, startSharing } from './sharing.ts'
import { watchStalls } from './stalls.ts'
import type { Places } from './topology.ts'

export interface Consumer {
  drain(deadline?: AbortSignal): Promise<void>
  /** Ends at once: aborts what runs, and gives back what is in hand. */
  stop(): Promise<void>
  /** Reads again what the broker has forgotten that it reads. Never rejects. */
  look(model: ChannelModel): Promise<void>
  /** Why it does not read all of its queues; undefined when it does. */
  trouble(): string | undefined
}

export interface ConsumerSettings {
  readonly connection: Connection
  readonly places: Places
  readonly prefetch: number
  /** The group's queue that counts its members; undefined where several may read one queue. */
  readonly members: string | undefined
  readonly heartbeatSeconds: number
}

/** How long a subscription waits for a broker that is away before it is refused. */
const waitMs = 10_000
/** A message that is handed back comes again after this, doubled each time up to the most. */
const firstPauseMs = 50
const longestPauseMs = 1600
const longestReopenMs = 1000

/** Resolves when all queues are consumed. @throws BusError `UNKNOWN_TOPIC`, `BROKER_UNREACHABLE`, `BROKER_REFUSED` */
export async function startConsumer(group: Group, deliver: Deliver, settings: ConsumerSettings): Promise<Consumer> {
  const { connection, places, prefetch } = settings
  const attempt = `subscribe ${group.name} to ${group.topic}`
  const readers = new Map<string, Reader>()
  const deliveries = createDeliveries(deliver, ended)
  const stalls = watchStalls(1500 * settings.heartbeatSeconds)
  const left = Promise.withResolvers<void>()
  let queues: readonly string[] = []
  let ready: { readonly reader: Reader; readonly lane: Lane }[] = []
  let next = 0
  let state: 'open' | 'draining' | 'ended' = 'open'
  let trouble: string | undefined
  let sharing: Sharing | undefined
  let restoring: Promise<boolean> | undefined
  let forget = () => {}

  // What runs.

  function arrived(reader: Reader, { content, fields, properties }: ConsumeMessage): void {
    const { key, id, headers } = fromAmqp(properties)
    const { deliveryTag, redelivered } = fields
    const rest = { id, topic: group.topic, headers, body: content, redelivered, at: reader.at }
    const message: Incoming = key === undefined ? rest : { key, ...rest }
    const lane = reader.lanes.add({ tag: deliveryTag, message, returns: 0 }, group.order === 'key' ? key : undefined)
    if (lane) offer(reader, lane)
    pump()
  }

  function offer(reader: Reader, lane: Lane): void {
    if (reader.isHeldBack) reader.kept.push(lane)
    else ready.push({ reader, lane })
  }

  function pump(): void {
    if (state !== 'open') return
    if (stalls.hasStalled()) for (const reader of readers.values()) void proveAlive(reader)
    while (deliveries.size() < group.concurrency && next < ready.length) {
      const { reader, lane } = ready[next] ?? {}
      next += 1
      if (!reader || !lane || reader.isLost) continue
      if (reader.isHeldBack) reader.kept.push(lane)
      else deliveries.start(reader, lane)
    }
    if (next > 1024 || next === ready.length) {
      ready = ready.slice(next)
      next = 0
    }
  }

  function ended(reader: Reader, lane: Lane, done: boolean): void {
    const [held] = lane.held
    if (done && held) {
      reader.ack(held.tag)
      if (reader.lanes.finish(lane)) offer(reader, lane)
    } else if (held) {
      held.returns += 1
      const ms = Math.min(firstPauseMs * 2 ** (held.returns - 1), longestPauseMs)
      setTimeout(() => again(reader, lane), ms * (0.75 + Math.random() / 2)).unref()
    }
    if (state === 'draining' && reader.running === 0) void retire(reader)
    pump()
  }

  function again(reader: Reader, lane: Lane): void {
    if (reader.isLost || state !== 'open') return
    offer(reader, lane)
    pump()
  }

  /** This process was stopped for a while: perhaps the broker has given its queues to others. */
  async function proveAlive(reader: Reader): Promise<void> {
    if (reader.isHeldBack) return
    reader.isHeldBack = true
    await resume(reader, () => letGo(reader))
  }

  function letGo(reader: Reader): void {
    reader.isHeldBack = false
    for (const lane of reader.kept.splice(0)) ready.push({ reader, lane })
    pump()
  }

  // The queues.

  async function open(model: ChannelModel, queue: string): Promise<void> {
    const reader = await openReader(model, queue, prefetch, { arrived, lost })
    if (reader.isLost) throw new BusError('BROKER_UNREACHABLE', `${attempt}: the channel for ${queue} is closed again`)
    readers.set(queue, reader)
    if (state !== 'open') await retire(reader)
    else pump()
  }

  /** For as long as the connection and the subscription live. */
  async function keepOpening(model: ChannelModel, queue: string): Promise<void> {
    for (
      let pauseMs = 50;
      state === 'open' && connection.now() === model;
      pauseMs = Math.min(2 * pauseMs, longestReopenMs)
    ) {
      try {
        await open(model, queue)
        trouble = undefined
        return
      } catch (error) {
        trouble = failureOf(`${attempt}: read ${queue}`, error).message
        if (answerOf(error) === notFound && (await restored(model))) continue
      }
      await sleep(pauseMs)
    }
  }

  /** A queue that was deleted is made again; what it held is gone. Asked for by each queue, made once. */
  function restored(model: ChannelModel): Promise<boolean> {
    restoring ??= places
      .restore(model, group)
      .catch(() => false)
      .finally(() => {
        restoring = undefined
      })
    return restoring
  }

  function lost(reader: Reader, isCancelled: boolean): void {
    deliveries.abort('the channel that it came on is lost', reader)
    // Else it is still being opened, and who opens it hears of it.
    if (readers.get(reader.queue) !== reader) return
    readers.delete(reader.queue)
    const model = connection.now()
    // A queue that was deleted is made again at once: nobody else may know that messages miss it.
    if (state === 'open' && model) void sleep(isCancelled ? 0 : 50).then(() => keepOpening(model, reader.queue))
    endIfEmpty()
  }

  function openAll(model: ChannelModel): void {
    if (state !== 'open') return
    for (const queue of rotated(queues)) void keepOpening(model, queue)
  }

  // The ways out.

  async function retire(reader: Reader): Promise<void> {
    reader.isHeldBack = true
    await reader.close()
    if (readers.get(reader.queue) === reader) readers.delete(reader.queue)
    endIfEmpty()
  }

  function endIfEmpty(): void {
    if (state === 'draining' && readers.size === 0) end()
  }

  function end(): void {
    state = 'ended'
    stalls.close()
    forget()
    void sharing?.close()
    left.resolve()
  }

  async function share(reader: Reader): Promise<void> {
    const model = connection.now()
    await handOver(reader, {
      isOpen: () => state === 'open',
      letGo: () => letGo(reader),
      async giveAway() {
        await retire(reader)
        if (model) await keepOpening(model, reader.queue)
      },
    })
  }

  const model = await connection.wait(waitMs, attempt)
  try {
    queues = await places.queuesOf(group)
    await Promise.all(rotated(queues).map((queue) => open(model, queue)))
  } catch (error) {
    end()
    for (const reader of readers.values()) void reader.close()
    throw failureOf(attempt, error)
  }
  if (settings.members !== undefined) {
    sharing = startSharing(settings.members, {
      connection: connection.now,
      count: () => queues.length,
      held: () => [...readers.values()].filter(({ isActive, isHeldBack }) => isActive && !isHeldBack),
      handOver: share,
      async restore() {
        const model = connection.now()
        if (model) await restored(model)
      },
    })
  }
  forget = connection.onOpen(openAll)
  // It may have been lost, and found again, meanwhile.
  const now = connection.now()
  if (now && now !== model) openAll(now)

  return {
    drain(deadline) {
      if (state === 'open') {
        state = 'draining'
        for (const reader of readers.values()) if (reader.running === 0) void retire(reader)
      }
      const stop = () => {
        deliveries.abort('the deadline of the drain is over')
        for (const reader of readers.values()) void retire(reader)
      }
      if (state === 'draining') {
        endIfEmpty()
        if (deadline?.aborted) stop()
        else deadline?.addEventListener('abort', stop, { once: true })
      }
      return left.promise.finally(() => deadline?.removeEventListener('abort', stop))
    },
    async stop() {
      if (state === 'ended') return
      deliveries.abort('the transport is closed')
      end()
      await Promise.all([...readers.values()].map((reader) => reader.close()))
    },
    async look(model) {
      if (state !== 'open') return
      // A connection that is lost meanwhile is heard of elsewhere.
      const forgotten = await forgottenOf(model, [...readers.values()]).catch(() => [])
      for (const reader of forgotten) if (connection.now() === model) reader.abandon()
    },
    trouble: () =>
      state === 'open' && readers.size < queues.length ? (trouble ?? `${attempt}: not all queues are read`) : undefined,
  }
}

/** Beginning anywhere: members that start together each take some of the queues. */
function rotated(queues: readonly string[]): readonly string[] {
  const from = Math.floor(Math.random() * queues.length)
  return [...queues.slice(from), ...queues.slice(0, from)]
}
