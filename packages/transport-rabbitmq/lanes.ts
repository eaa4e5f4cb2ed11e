/**
 * Which message of a queue may start next: of each key one at a time, in order; messages without a key freely. Pure
 * bookkeeping: no clock, no I/O.
 */
import type { Incoming } from '@vestnik/bus/transport'

/** A message in hand, which has not ended. */
export interface Held {
  readonly tag: number
  readonly message: Incoming
  /** How often it was handed back. */
  returns: number
}

/** A line of messages of which only the first may run, or pause after it was handed back. */
export interface Lane {
  readonly key: string | undefined
  readonly held: Held[]
}

export interface Lanes {
  /** Adds a message behind those of its key. Answers its lane when it is the first, and may start. */
  add(held: Held, key: string | undefined): Lane | undefined
  /** The first message has ended. Answers whether another one may start. */
  finish(lane: Lane): boolean
  /** How many messages are in hand. */
  size(): number
}

export function createLanes(): Lanes {
  const keyed = new Map<string, Lane>()
  let size = 0
  return {
    add(held, key) {
      size += 1
      const known = key === undefined ? undefined : keyed.get(key)
      if (known) {
        known.held.push(held)
        return undefined
      }
      const lane: Lane = { key, held: [held] }
      if (key !== undefined) keyed.set(key, lane)
      return lane
    },
    finish(lane) {
      size -= 1
      lane.held.shift()
      if (lane.held.length > 0) return true
      if (lane.key !== undefined) keyed.delete(lane.key)
      return false
    },
    size: () => size,
  }
}
