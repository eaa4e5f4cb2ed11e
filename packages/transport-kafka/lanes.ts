/**
 * Which record of a partition may start next: of each key one at a time, in the order of the log; records without a key
 * freely. Pure bookkeeping: no clock, no I/O.
 */
import type { KafkaRecord } from './records.ts'

/** A record in hand, which has not ended. */
export interface Held {
  readonly record: KafkaRecord
  /** How often it was handed back. */
  returns: number
}

/** A line of records of which only the first may run, or pause after it was handed back. */
export interface Lane {
  readonly key: string | undefined
  first: Held
  readonly rest: Held[]
}

export interface Lanes {
  /** Adds a record behind those of its key. Answers its lane when it is the first, and may start. */
  add(record: KafkaRecord, key: string | undefined): Lane | undefined
  /** The first record has ended. Answers whether another one may start. */
  finish(lane: Lane): boolean
}

export function createLanes(): Lanes {
  const keyed = new Map<string, Lane>()
  return {
    add(record, key) {
      const held = { record, returns: 0 }
      const known = key === undefined ? undefined : keyed.get(key)
      if (known) {
        known.rest.push(held)
        return undefined
      }
      const lane: Lane = { key, first: held, rest: [] }
      if (key !== undefined) keyed.set(key, lane)
      return lane
    },
    finish(lane) {
      const next = lane.rest.shift()
      if (next) {
        lane.first = next
        return true
      }
      if (lane.key !== undefined) keyed.delete(lane.key)
      return false
    },
  }
}
