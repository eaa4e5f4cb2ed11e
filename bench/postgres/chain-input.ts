/** What the processes of a chain are told, and how much is under way at once. */
import type { PostgresPlace } from '../peers/postgres.ts'

export interface ChainInput {
  readonly place: PostgresPlace
  readonly warm: number
  readonly count: number
  /** Messages of one transaction when producing, and by hand in the relay and when consuming. */
  readonly perTransaction: number
  /** By hand: business rows too are written by one statement for all of a transaction. @default true */
  readonly arrays?: boolean
}

/** Messages that wait for their acknowledgement. */
export const inFlight = 1_000
/** Messages that a relay by hand publishes at once. */
export const batch = 500
/** Callers that place orders at once, of which by hand each has a connection. */
export const pool = 10

export interface PaceInput {
  readonly place: PostgresPlace
  readonly perSecond: number
  readonly seconds: number
}
