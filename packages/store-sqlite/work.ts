/** One running work: its `tx`, which dies with it, and how it ended. */
import type { AsyncLocalStorage } from 'node:async_hooks'
import { BusError } from '@vestnik/bus/errors'
import type { SqlValue, Tx } from '@vestnik/bus/store'
import type { Connection, Traces } from './connection.ts'
import { isEnvironment } from './failures.ts'

/** A work as its caller gave it, with the caller's own async context. */
export interface Job {
  readonly work: (tx: Tx) => Promise<unknown>
  readonly context: <R>(run: () => R) => R
  /** Answers the caller. */
  readonly settle: (outcome: Outcome) => void
  /** When it was asked for, by performance.now(). */
  readonly at: number
  /** It may not write. */
  readonly readOnly: boolean
  /** It gets a commit of its own. */
  alone: boolean
}

export interface Outcome {
  readonly ok: boolean
  /** The result, or the error. */
  readonly value: unknown
}

export interface Running extends Traces {
  readonly at: number
  readonly ended: Promise<Outcome>
  /** Ends it from outside. The first end counts. */
  readonly end: (outcome: Outcome) => void
  /** Its `tx` still answers. */
  live: boolean
  /** The first error that came from the machine, the file or another process: nothing after it counts. */
  broken: unknown
  /** The error with which a statement ended the whole transaction: no other may run, it would commit by itself. */
  lost: unknown
}

/** Which work the current code runs in, so that a nested transaction is told from one that merely comes meanwhile. */
export type Inside = AsyncLocalStorage<Running>

export function run(inside: Inside, connection: Connection, job: Job): Running {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const running: Running = {
    at: performance.now(),
    ended: promise,
    end: resolve,
    live: true,
    broken: undefined,
    lost: undefined,
    readOnly: job.readOnly,
    wrote: false,
    changed: false,
  }
  const tx: Tx = { query: (sql, values) => query(connection, running, sql, values) }
  const call = async (): Promise<unknown> => job.work(tx)
  job
    .context(() => inside.run(running, call))
    .then(
      (value) => resolve({ ok: true, value }),
      (error) => resolve({ ok: false, value: error }),
    )
  return running
}

function query(
  connection: Connection,
  running: Running,
  sql: string,
  values: readonly SqlValue[],
): ReturnType<Tx['query']> {
  try {
    if (!running.live) throw ended()
    if (running.lost !== undefined) throw lost(running.lost)
    return Promise.resolve(connection.query(sql, values, running))
  } catch (error) {
    if (running.broken === undefined && isEnvironment(error)) running.broken = error
    if (!connection.db.isTransaction) running.lost ??= error
    return Promise.reject(error)
  }
}

const ended = (): BusError =>
  new BusError('TX_ENDED', 'run a statement: its transaction has ended; await every query and publish inside the work')

/** The error of a work that went on after its transaction was rolled back. */
export const lost = (cause: unknown): BusError =>
  new BusError('TX_LOST', 'run a transaction: one of its statements rolled all of it back', { cause })

export const failed = (error: unknown): Outcome => ({ ok: false, value: error })

/** The outcome of a work that took too long. */
export const tooSlow = (path: string, limitMs: number): Outcome => ({
  ok: false,
  value: new BusError(
    'TX_TOO_SLOW',
    `transaction on ${path}: its work took longer than ${limitMs} ms, it is rolled back`,
  ),
})
