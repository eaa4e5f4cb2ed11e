/**
 * Which message may start next: one at a time of each key, in order; messages without a key freely. Pure bookkeeping:
 * no clock, no I/O.
 */
import type { Incoming } from '@vestnik/bus/transport'

/** A message that this member holds and that has not finished. */
export interface Held {
  readonly tag: number
  readonly shard: number
  /** Of its room in the window. */
  readonly bytes: number
  readonly message: Incoming
  /** It was handed out here, whatever came of it. */
  started: boolean
  returns: number
}

/** A line of messages of which only the first may run. */
export interface Lane {
  readonly key: string | undefined
  readonly shard: number
  readonly queue: Held[]
  /** The first one runs, or pauses after it was handed back. */
  busy: boolean
  /** When it became busy, for the rule about slow messages. */
  busySince: number
  /** More of its key lie aside at the broker, behind all that is queued here. */
  more: boolean
  /** Came while the broker was asked for more: behind that. */
  late: Held[]
}

export interface Lanes {
  /** Adds a message behind those of its lane. A message without a key gets a lane of its own. */
  add(held: Held, key: string | undefined): Lane
  laneOf(key: string): Lane | undefined
  /** The next lane whose first message may start; it is busy from then on. */
  take(now: number): Lane | undefined
  /** Its first message may start again (after a pause, or because it could not start). */
  restart(lane: Lane): void
  /** The first message is finished. Answers whether the broker must be asked for more of the key. */
  finish(lane: Lane): boolean
  /** The broker has answered what was asked for; nothing more lies aside. What came meanwhile follows. */
  catchUp(lane: Lane): void
  /** No lane of a held-back shard is taken. */
  holdBack(shard: number): void
  letGo(shard: number): void
  /** Removes all lanes of a shard, and answers what they held. */
  drop(shard: number): Held[]
  /** What waits behind first ones that are busy since before the time. Those stay. */
  behindSlow(before: number): { readonly lane: Lane; readonly waiting: Held[] }[]
  all(): Iterable<Lane>
}

export function startLanes(): Lanes {
  const keyed = new Map<string, Lane>()
  const single = new Set<Lane>()
  const back = new Map<number, Lane[]>()
  let ready: Lane[] = []
  let next = 0

  function offer(lane: Lane): void {
    const heldBack = back.get(lane.shard)
    if (heldBack) heldBack.push(lane)
    else ready.push(lane)
  }

  function remove(lane: Lane): void {
    if (lane.key === undefined) single.delete(lane)
    else keyed.delete(lane.key)
  }

  return {
    add(held, key) {
      const known = key === undefined ? undefined : keyed.get(key)
      if (known) {
        known.queue.push(held)
        if (known.queue.length === 1) offer(known)
        return known
      }
      const lane: Lane = { key, shard: held.shard, queue: [held], busy: false, busySince: 0, more: false, late: [] }
      if (key === undefined) single.add(lane)
      else keyed.set(key, lane)
      offer(lane)
      return lane
    },
    laneOf: (key) => keyed.get(key),
    take(now) {
      while (next < ready.length) {
        const lane = ready[next]
        next += 1
        if (next > 1024 && next * 2 > ready.length) {
          ready = ready.slice(next)
          next = 0
        }
        // A dropped lane may still stand in line.
        if (!lane || lane.busy || lane.queue.length === 0) continue
        const heldBack = back.get(lane.shard)
        if (heldBack) {
          heldBack.push(lane)
          continue
        }
        lane.busy = true
        lane.busySince = now
        return lane
      }
      ready = []
      next = 0
      return undefined
    },
    restart(lane) {
      lane.busy = false
      offer(lane)
    },
    finish(lane) {
      lane.queue.shift()
      lane.busy = false
      if (lane.queue.length > 0) offer(lane)
      else if (!lane.more) remove(lane)
      return lane.queue.length === 0 && lane.more
    },
    catchUp(lane) {
      const wasEmpty = lane.queue.length === 0
      lane.more = false
      lane.queue.push(...lane.late.splice(0))
      if (lane.queue.length === 0) remove(lane)
      else if (wasEmpty) offer(lane)
    },
    holdBack(shard) {
      if (!back.has(shard)) back.set(shard, [])
    },
    letGo(shard) {
      const heldBack = back.get(shard) ?? []
      back.delete(shard)
      for (const lane of heldBack) ready.push(lane)
    },
    drop(shard) {
      const dropped: Held[] = []
      for (const lane of [...keyed.values(), ...single]) {
        if (lane.shard !== shard) continue
        dropped.push(...lane.queue.splice(0), ...lane.late.splice(0))
        lane.more = false
        remove(lane)
      }
      back.delete(shard)
      return dropped
    },
    behindSlow(before) {
      const found = []
      for (const lane of keyed.values()) {
        if (lane.busy && lane.busySince < before && lane.queue.length > 1) {
          lane.more = true
          found.push({ lane, waiting: lane.queue.splice(1) })
        }
      }
      return found
    },
    *all() {
      yield* keyed.values()
      yield* single
    },
  }
}
