/** What one member holds, in memory: its shards, what of them is on the main thread, and what is still to be written. */
import { laneOfKey, type Taken } from './membership.ts'
import { idOfTag, type Report, shardOfTag } from './protocol.ts'
import { shardOf } from './shard.ts'

/** A shard that this member holds. */
export interface Shard {
  readonly no: number
  readonly epoch: number
  /** Reports older than this speak of an earlier tenure. */
  readonly since: number
  /** Everything up to here was looked at. */
  pos: number
  savedPos: number
  /** On the main thread, by id; those from the log in rising order: bytes × 4 and two bits. */
  readonly held: Map<number, number>
  /** Lanes of which messages lie aside that are not on the main thread. */
  readonly asideLanes: Set<string>
  /** Lanes that are free to be filled from aside. */
  readonly waiting: string[]
  dirty: boolean
  releasing: boolean
  keptUntil: number
  /** `pos` at the last two reviews. */
  marks: readonly [number, number]
}

/** What the low bits of a held message say. */
export const bit = { redelivered: 1, aside: 2 } as const

/** A change to what lies aside. It stands here until it is committed, so that a failed transaction loses none. */
export interface Op {
  readonly shard: Shard
  readonly id: number
  /**
   * `spill`: it leaves the main thread for aside; `lag`: it is copied aside, and stays here as well; `fetch`: it is
   * here now; `return`: it lies only aside again; `remove`: it is finished.
   */
  readonly kind: 'spill' | 'lag' | 'fetch' | 'return' | 'remove'
  readonly handedOut: boolean
}

export interface Release {
  readonly shard: Shard
  /** Tags of what was handed out here and has not finished. */
  readonly handedOut: ReadonlySet<number>
}

export interface Holdings {
  readonly shards: ReadonlyMap<number, Shard>
  readonly ops: readonly Op[]
  readonly releases: readonly Release[]
  /** How many losses there were. */
  readonly generation: number
  /** Since when finished messages wait to be saved. */
  readonly finishedSince: number | undefined
  readonly leaving: boolean
  count(): number
  hasRoom(size?: number): boolean
  hold(shard: Shard, id: number, size: number, bits: number): void
  queue(shard: Shard, id: number, kind: Op['kind'], handedOut: boolean): void
  /** What the main thread says became of its messages. */
  report(report: Report): void
  /** Queues what is unfinished since long: it must not keep the log from being cleaned up. */
  queueLaggards(): void
  add(taken: Taken): void
  lose(shards: readonly number[]): void
  releaseAll(handedOut: ReadonlySet<number>): void
  /** What was queued is durable, and so are these shards' books. */
  saved(shards: readonly Shard[]): void
}

/** How many ids an unfinished message may hold back the clean-up before it is copied aside. */
export const longestLag = 2000
/** How long a shard stays that could not be given away. */
const keptMs = 5000

export function createHoldings(window: number, windowBytes: number): Holdings {
  const shards = new Map<number, Shard>()
  let ops: Op[] = []
  let releases: Release[] = []
  let generation = 0
  let finishedSince: number | undefined
  let leaving = false
  let count = 0
  let bytes = 0

  /** Takes the message off the main thread's account. */
  function settle(tag: number, reported: number): { shard: Shard; id: number; code: number } | undefined {
    const shard = shards.get(shardOfTag(tag))
    const id = idOfTag(tag)
    const code = shard?.held.get(id)
    if (!shard || code === undefined || shard.since > reported) return undefined
    shard.held.delete(id)
    shard.dirty = true
    count -= 1
    bytes -= sizeOf(code)
    return { shard, id, code }
  }

  function queue(shard: Shard, id: number, kind: Op['kind'], handedOut: boolean): void {
    ops.push({ shard, id, kind, handedOut })
  }

  function finish(tag: number, reported: number): void {
    const settled = settle(tag, reported)
    if (!settled) return
    finishedSince ??= Date.now()
    if (settled.code & bit.aside) queue(settled.shard, settled.id, 'remove', true)
  }

  function spill(tag: number, reported: number): void {
    const settled = settle(tag, reported)
    if (!settled) return
    const { shard, id, code } = settled
    queue(shard, id, code & bit.aside ? 'return' : 'spill', (code & bit.redelivered) !== 0)
  }

  function forget(no: number): void {
    const shard = shards.get(no)
    if (!shard) return
    shards.delete(no)
    count -= shard.held.size
    for (const code of shard.held.values()) bytes -= sizeOf(code)
  }

  return {
    shards,
    get ops() {
      return ops
    },
    get releases() {
      return releases
    },
    get generation() {
      return generation
    },
    get finishedSince() {
      return finishedSince
    },
    get leaving() {
      return leaving
    },
    count: () => count,
    hasRoom: (size = 0) => count === 0 || (count < window && bytes + size <= windowBytes),
    hold(shard, id, size, bits) {
      shard.held.set(id, size * 4 + bits)
      count += 1
      bytes += size
    },
    queue,
    report(report) {
      for (const tag of report.finished) finish(tag, report.generation)
      for (const tag of report.spilled) spill(tag, report.generation)
      for (const key of report.refill) {
        const shard = shards.get(shardOf(Buffer.from(key)))
        if (shard && shard.since <= report.generation) shard.waiting.push(laneOfKey(key))
      }
      const handedOut = new Set(report.handedOut)
      for (const no of report.released) {
        const shard = shards.get(no)
        if (shard?.releasing) releases.push({ shard, handedOut })
      }
      for (const no of report.kept) {
        const shard = shards.get(no)
        if (shard) Object.assign(shard, { releasing: false, keptUntil: Date.now() + keptMs })
      }
      leaving ||= report.leaving
    },
    queueLaggards() {
      for (const shard of shards.values()) {
        const [older] = shard.marks
        if (older - lowOf(shard) <= longestLag) continue
        for (const [id, code] of shard.held) {
          if (id > older) break
          if (code & bit.aside) continue
          queue(shard, id, 'lag', true)
          shard.held.set(id, code | bit.aside)
          shard.dirty = true
        }
      }
    },
    add(taken) {
      shards.set(taken.no, shardFrom(taken, generation))
    },
    lose(lost) {
      generation += 1
      for (const no of lost) forget(no)
      ops = ops.filter((op) => !lost.includes(op.shard.no))
      releases = releases.filter(({ shard }) => !lost.includes(shard.no))
    },
    releaseAll(handedOut) {
      leaving = true
      releases = [...shards.values()].map((shard) => ({ shard, handedOut }))
    },
    saved(written) {
      for (const { shard } of releases) forget(shard.no)
      ops = []
      releases = []
      finishedSince = undefined
      for (const shard of written) Object.assign(shard, { dirty: false, savedPos: shard.pos })
    },
  }
}

const sizeOf = (code: number): number => Math.floor(code / 4)

/** Everything of the shard up to here is finished, or lies aside. */
export function lowOf(shard: Shard): number {
  for (const [id, code] of shard.held) if (!(code & bit.aside)) return id - 1
  return shard.pos
}

function shardFrom(taken: Taken, generation: number): Shard {
  return {
    no: taken.no,
    epoch: taken.epoch,
    since: generation,
    pos: taken.high,
    savedPos: taken.high,
    held: new Map(),
    asideLanes: new Set(taken.lanes),
    waiting: [...taken.lanes],
    dirty: false,
    releasing: false,
    keptUntil: 0,
    marks: [taken.high, taken.high],
  }
}
