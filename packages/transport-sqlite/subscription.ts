/** One subscription on the main thread: starts deliveries, reports how they ended, drains. */
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Group, Incoming } from '@vestnik/bus/transport'
import { type CrashAt, crasher } from './crash.ts'
import { type Held, type Lane, startLanes } from './lanes.ts'
import type { ForSubscription, FromWorkerKind, Link } from './link.ts'
import { unpack } from './message.ts'
import { entryBytes, flags, type HandedOut, idOfTag, type Report, shardOfTag } from './protocol.ts'

export interface Consumer {
  drain(deadline?: AbortSignal): Promise<void>
  /** Ends at once: aborts what runs, and answers the tags of what was handed out and has not finished. */
  stop(): HandedOut
}

interface Running {
  readonly held: Held
  readonly lane: Lane
  readonly controller: AbortController
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
const windowBytes = 16 * 1024 * 1024

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
  const crash = crasher(settings.crashAt)
  const shared = new SharedArrayBuffer(8)
  const lease = new Float64Array(shared)
  const lanes = startLanes()
  const running = new Map<number, Running>()
  const refilled = new Set<Lane>()
  const pauses = new Set<NodeJS.Timeout>()
  const giving = new Map<number, { readonly since: number; readonly returned: number[] }>()
  const left = Promise.withResolvers<void>()
  let waiting = 0
  let generation = 0
  let state: 'open' | 'draining' | 'ended' = 'open'
  let finished: number[] = []
  let refill: string[] = []
  let spilled: number[] = []
  let reporting = false
  let stallTimer: NodeJS.Timeout | undefined

  function report(more: Partial<Report> = {}): void {
    link.post({
      kind: 'report',
      report: {
        no,
        generation,
        finished: Float64Array.from(finished),
        spilled: Float64Array.from(spilled),
        refill,
        released: [],
        kept: [],
        handedOut: [],
        leaving: state === 'draining',
        ...more,
      },
    })
    finished = []
    spilled = []
    refill = []
  }

  function reportSoon(): void {
    if (reporting) return
    reporting = true
    setImmediate(() => {
      reporting = false
      if (state !== 'ended' && finished.length + spilled.length + refill.length > 0) report()
    })
  }

  function pump(): void {
    while (state === 'open' && running.size < group.concurrency) {
      const now = Date.now()
      const lane = lanes.take(now)
      const held = lane?.queue[0]
      if (!lane || !held) break
      if (now >= (lease[0] ?? 0)) {
        // Perhaps this process was stopped, and another member has the shard: the worker finds out first.
        pause(lane, 20)
        break
      }
      start(lane, held)
    }
    watchForStall()
  }

  function start(lane: Lane, held: Held): void {
    const controller = new AbortController()
    const run: Running = { held, lane, controller }
    running.set(held.tag, run)
    held.started = true
    const message: Incoming = held.returns > 0 ? { ...held.message, redelivered: true } : held.message
    let result: Promise<void>
    try {
      result = Promise.resolve(deliver(message, controller.signal))
    } catch (error) {
      result = Promise.reject(error)
    }
    result.then(
      () => ended(run, true),
      () => ended(run, false),
    )
  }

  function ended(run: Running, done: boolean): void {
    const { held, lane, controller } = run
    if (running.get(held.tag) !== run) return
    running.delete(held.tag)
    crash('deliver.ended')
    if (done && !controller.signal.aborted) {
      finished.push(held.tag)
      waiting -= 1
      if (lanes.finish(lane) && lane.key !== undefined) refill.push(lane.key)
      reportSoon()
    } else {
      held.returns += 1
      pause(lane, Math.min(firstPauseMs * 2 ** (held.returns - 1), longestPauseMs) * (0.75 + Math.random() / 2))
    }
    if (giving.size > 0) giveAwayQuiet()
    pump()
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
  function watchForStall(): void {
    if (stallTimer || waiting < window / 2 || running.size >= group.concurrency || state !== 'open') return
    stallTimer = setTimeout(() => {
      stallTimer = undefined
      if (state !== 'open' || waiting < window / 2 || running.size >= group.concurrency) return
      for (const { waiting: behind } of lanes.behindSlow(Date.now() - slowMs)) spill(behind)
      watchForStall()
    }, slowMs)
  }

  function spill(messages: readonly Held[]): void {
    for (const held of messages) spilled.push(held.tag)
    waiting -= messages.length
    reportSoon()
  }

  function take({ buffer, count }: FromWorkerKind<'messages'>): void {
    const source = Buffer.from(buffer)
    let offset = 0
    for (let i = 0; i < count; i += 1) {
      const end = offset + entryBytes + source.readUInt32LE(offset + 12)
      takeOne(source, source.readDoubleLE(offset), source.readUInt32LE(offset + 8), offset + entryBytes, end)
      offset = end
    }
    for (const lane of refilled) {
      if (lane.more) spill(lane.late.splice(0))
      else lanes.catchUp(lane)
    }
    refilled.clear()
    pump()
  }

  function takeOne(source: Buffer, tag: number, bits: number, start: number, end: number): void {
    const { id, key, headers, body } = unpack(source, start, end)
    const shard = shardOfTag(tag)
    const redelivered = (bits & flags.redelivered) !== 0
    const at = `sqlite:${group.topic}/${shard}@${idOfTag(tag)}`
    const topic = group.topic
    const message: Incoming =
      key === undefined
        ? { id, topic, headers, body, redelivered, at }
        : { id, topic, key, headers, body, redelivered, at }
    const held: Held = { tag, shard, message, started: false, returns: 0 }
    const laneKey = group.order === 'key' ? key : undefined
    const fromAside = (bits & flags.aside) !== 0
    waiting += 1
    const known = laneKey === undefined ? undefined : lanes.laneOf(laneKey)
    if (known?.more && !fromAside) takeBehindAside(known, held)
    else if (fromAside) takeFromAside(lanes.add(held, laneKey), (bits & flags.more) !== 0)
    else lanes.add(held, laneKey)
  }

  function takeFromAside(lane: Lane, more: boolean): void {
    lane.more = more
    if (lane.late.length > 0) refilled.add(lane)
  }

  // The worker read it before it knew that its key lies aside: it belongs behind that.
  function takeBehindAside(lane: Lane, held: Held): void {
    if (lane.queue.length === 0) lane.late.push(held)
    else spill([held])
  }

  function freed(keys: readonly string[]): void {
    for (const key of keys) {
      const lane = lanes.laneOf(key)
      if (lane) lanes.catchUp(lane)
    }
    pump()
  }

  function lose(shards: readonly number[], newGeneration: number): void {
    generation = newGeneration
    for (const shard of shards) {
      abort((run) => run.held.shard === shard, `the lease of shard ${shard} is over`)
      waiting -= lanes.drop(shard).length
      giving.delete(shard)
      finished = finished.filter((tag) => shardOfTag(tag) !== shard)
      spilled = spilled.filter((tag) => shardOfTag(tag) !== shard)
    }
    pump()
  }

  /** Whatever comes of these calls changes nothing any more. */
  function abort(which: (run: Running) => boolean, why: string): void {
    for (const [tag, run] of running) {
      if (!which(run)) continue
      running.delete(tag)
      run.controller.abort(new BusError('TRANSPORT_CLOSED', `delivery of ${run.held.message.at}: ${why}`))
    }
  }

  function give(shards: readonly number[]): void {
    for (const shard of shards) {
      giving.set(shard, { since: Date.now(), returned: [] })
      lanes.holdBack(shard)
      if (state === 'open') setTimeout(() => keepIfBusy(shard), quietMs).unref()
    }
    giveAwayQuiet()
  }

  function giveAwayQuiet(): void {
    const busy = new Set([...running.values()].map((run) => run.held.shard))
    const quiet = [...giving.keys()].filter((shard) => !busy.has(shard))
    if (quiet.length === 0) return
    const handedOut: number[] = []
    for (const shard of quiet) {
      giving.delete(shard)
      const dropped = lanes.drop(shard)
      waiting -= dropped.length
      handedOut.push(...dropped.filter((held) => held.started).map((held) => held.tag))
    }
    report({ released: quiet, handedOut })
  }

  // A slow message must not keep the rest of its shard waiting: another shard is given away instead.
  function keepIfBusy(shard: number): void {
    if (state !== 'open' || !giving.delete(shard)) return
    lanes.letGo(shard)
    report({ kept: [shard] })
    pump()
  }

  function receive(message: ForSubscription): void {
    switch (message.kind) {
      case 'messages':
        if (state !== 'ended') take(message)
        break
      case 'freed':
        freed(message.keys)
        break
      case 'lost':
        lose(message.shards, message.generation)
        break
      case 'release':
        give(message.shards)
        break
      case 'left':
        end()
        break
    }
  }

  function end(): void {
    state = 'ended'
    for (const timer of pauses) clearTimeout(timer)
    clearTimeout(stallTimer)
    link.onSubscription(no, undefined)
    left.resolve()
  }

  link.onSubscription(no, receive)
  link.onEnd(end)
  const { topic, name, order } = group
  const bytes = Math.max(windowBytes, settings.maxBodyBytes)
  const subscription = { no, topic, group: name, order, window, windowBytes: bytes, lease: shared }
  await link
    .call((call) => ({ kind: 'subscribe', call, subscription }))
    .catch((error) => {
      end()
      throw error
    })

  return {
    drain(deadline) {
      const stop = () => {
        abort(() => true, 'the deadline of the drain is over')
        giveAwayQuiet()
      }
      if (state === 'open') {
        state = 'draining'
        report()
      }
      if (deadline?.aborted) stop()
      else deadline?.addEventListener('abort', stop, { once: true })
      return left.promise.finally(() => deadline?.removeEventListener('abort', stop))
    },
    stop() {
      if (state === 'ended') return { no, tags: [] }
      const handedOut = [...lanes.all()].flatMap((lane) => lane.queue.filter((held) => held.started))
      abort(() => true, 'the transport is closed')
      if (finished.length > 0) report()
      end()
      return { no, tags: handedOut.map((held) => held.tag) }
    },
  }
}
