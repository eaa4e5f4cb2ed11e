/** One subscription on the main thread: starts deliveries, reports how they ended, gives shards away, drains. */
import type { Deliver, Group } from '@vestnik/bus/transport'
import { type Arrival, arrivalsOf } from './arrivals.ts'
import { type CrashAt, crasher } from './crash.ts'
import { createDeliveries } from './deliveries.ts'
import { type Held, type Lane, startLanes } from './lanes.ts'
import type { ForSubscription, FromWorkerKind, Link } from './link.ts'
import type { HandedOut } from './protocol.ts'
import { startReports } from './reports.ts'

export interface Consumer {
  drain(deadline?: AbortSignal): Promise<void>
  /** Ends at once: aborts what runs, and answers what was handed out and has not finished. */
  stop(): HandedOut
}

export interface ConsumerSettings {
  readonly maxBodyBytes: number
  readonly crashAt: CrashAt | undefined
}

/** A message that is handed back comes again after this, doubled each time up to the most. */
const firstPauseMs = 50
const longestPauseMs = 1600
/** How long the first of a key must take before what waits behind it makes room for others. */
const slowMs = 50
/** How long a shard that is to be given away may wait for what runs. */
const quietMs = 1000
const smallestWindowBytes = 16 * 1024 * 1024

let lastNo = 0

export async function startConsumer(
  link: Link,
  group: Group,
  deliver: Deliver,
  settings: ConsumerSettings,
): Promise<Consumer> {
  lastNo += 1
  const no = lastNo
  const window = 1024 + 2 * group.concurrency
  const windowBytes = Math.max(smallestWindowBytes, 4 * settings.maxBodyBytes)
  const crash = crasher(settings.crashAt)
  const shared = new SharedArrayBuffer(16)
  const lease = new Float64Array(shared)
  const lanes = startLanes()
  const reports = startReports(link, no)
  const deliveries = createDeliveries(deliver, ended)
  const pauses = new Set<NodeJS.Timeout>()
  const giving = new Set<number>()
  const left = Promise.withResolvers<void>()
  let state: 'open' | 'draining' | 'ended' = 'open'
  let count = 0
  let bytes = 0
  let stallTimer: NodeJS.Timeout | undefined

  // Starting and ending.

  function pump(): void {
    while (state === 'open' && deliveries.size() < group.concurrency) {
      const now = Date.now()
      const lane = lanes.take(now)
      const held = lane?.queue[0]
      if (!lane || !held) break
      if (!mayHandOut(now)) {
        // Perhaps this process was stopped, and another member has the shard: the worker finds out, and says so.
        pause(lane, 20)
        break
      }
      deliveries.start(lane, held)
    }
    watchForStall()
  }

  // A lease that was renewed counts only when every loss before it is known here.
  function mayHandOut(now: number): boolean {
    return now < (lease[0] ?? 0) && lease[1] === reports.generation()
  }

  function ended(lane: Lane, held: Held, done: boolean): void {
    crash('deliver.ended')
    if (done) {
      letGo([held])
      if (lanes.finish(lane) && lane.key !== undefined) reports.refill(lane.key)
      reports.finish(held.tag)
    } else {
      held.returns += 1
      const ms = Math.min(firstPauseMs * 2 ** (held.returns - 1), longestPauseMs)
      pause(lane, ms * (0.75 + Math.random() / 2))
    }
    if (giving.size > 0) giveAwayQuiet()
    pump()
  }

  function letGo(gone: readonly Held[]): void {
    count -= gone.length
    for (const held of gone) bytes -= held.bytes
  }

  function pause(lane: Lane, ms: number): void {
    const timer = setTimeout(() => {
      pauses.delete(timer)
      lanes.restart(lane)
      pump()
    }, ms)
    pauses.add(timer)
  }

  // When the window is full of messages that wait behind slow ones, nothing else would come: they go aside.

  const isStalled = () =>
    state === 'open' && deliveries.size() < group.concurrency && (count >= window / 2 || bytes >= windowBytes / 2)

  function watchForStall(): void {
    if (stallTimer || !isStalled()) return
    stallTimer = setTimeout(() => {
      stallTimer = undefined
      if (isStalled()) for (const { waiting } of lanes.behindSlow(Date.now() - slowMs)) spill(waiting)
      watchForStall()
    }, slowMs)
  }

  function spill(waiting: readonly Held[]): void {
    letGo(waiting)
    reports.spill(waiting.map((held) => held.tag))
  }

  // Arrivals.

  function take(message: FromWorkerKind<'messages'>): void {
    const behindLate = new Set<Lane>()
    for (const arrival of arrivalsOf(group.topic, message)) {
      const lane = takeOne(arrival)
      if (lane) behindLate.add(lane)
    }
    for (const lane of behindLate) {
      if (lane.more) spill(lane.late.splice(0))
      else lanes.catchUp(lane)
    }
    pump()
  }

  /** Answers a lane whose late messages have waited for this one. */
  function takeOne({ held, fromAside, more }: Arrival): Lane | undefined {
    count += 1
    bytes += held.bytes
    const key = group.order === 'key' ? held.message.key : undefined
    const known = key === undefined ? undefined : lanes.laneOf(key)
    if (known?.more && !fromAside) {
      // The worker read it before it knew that its key lies aside: it belongs behind that.
      if (known.queue.length === 0) known.late.push(held)
      else spill([held])
      return undefined
    }
    const lane = lanes.add(held, key)
    if (!fromAside) return undefined
    lane.more = more
    return lane.late.length > 0 ? lane : undefined
  }

  function freed(keys: readonly string[]): void {
    for (const key of keys) {
      const lane = lanes.laneOf(key)
      if (lane) lanes.catchUp(lane)
    }
    pump()
  }

  // Shards that leave.

  function lose(shards: readonly number[], generation: number): void {
    reports.lose(shards, generation)
    deliveries.abort('the lease of its shard is over', (held) => shards.includes(held.shard))
    for (const shard of shards) {
      letGo(lanes.drop(shard))
      giving.delete(shard)
    }
    pump()
  }

  function give(shards: readonly number[]): void {
    for (const shard of shards) {
      giving.add(shard)
      lanes.holdBack(shard)
      if (state === 'open') setTimeout(() => keepIfBusy(shard), quietMs).unref()
    }
    giveAwayQuiet()
  }

  function giveAwayQuiet(): void {
    const released = [...giving].filter((shard) => !deliveries.runsIn(shard))
    if (released.length === 0) return
    const dropped = released.flatMap((shard) => lanes.drop(shard))
    letGo(dropped)
    for (const shard of released) giving.delete(shard)
    const handedOut = dropped.filter((held) => held.started).map((held) => held.tag)
    reports.send({ released, handedOut, leaving: state === 'draining' })
  }

  // A slow message must not keep the rest of its shard waiting: another shard is given away instead.
  function keepIfBusy(shard: number): void {
    if (state !== 'open' || !giving.delete(shard)) return
    lanes.letGo(shard)
    reports.send({ kept: [shard] })
    pump()
  }

  function receive(message: ForSubscription): void {
    if (state === 'ended') return
    if (message.kind === 'messages') take(message)
    else if (message.kind === 'freed') freed(message.keys)
    else if (message.kind === 'lost') lose(message.shards, message.generation)
    else if (message.kind === 'release') give(message.shards)
    else end()
  }

  function end(): void {
    state = 'ended'
    reports.end()
    for (const timer of pauses) clearTimeout(timer)
    clearTimeout(stallTimer)
    link.onSubscription(no, undefined)
    left.resolve()
  }

  link.onSubscription(no, receive)
  const { topic, name, order } = group
  const subscription = { no, topic, group: name, order, window, windowBytes, lease: shared }
  await link
    .call((call) => ({ kind: 'subscribe', call, subscription }))
    .catch((error) => {
      end()
      throw error
    })

  return {
    drain(deadline) {
      const stop = () => {
        deliveries.abort('the deadline of the drain is over')
        giveAwayQuiet()
      }
      if (state === 'open') {
        state = 'draining'
        reports.send({ leaving: true })
      }
      if (deadline?.aborted) stop()
      else deadline?.addEventListener('abort', stop, { once: true })
      return left.promise.finally(() => deadline?.removeEventListener('abort', stop))
    },
    stop() {
      if (state === 'ended') return { no, tags: [] }
      const started = [...lanes.all()].flatMap((lane) => lane.queue.filter((held) => held.started))
      deliveries.abort('the transport is closed')
      end()
      return { no, tags: started.map((held) => held.tag) }
    },
  }
}
