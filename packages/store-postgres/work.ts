/** One running work: its `tx`, which dies with it, and how it ended. */
import type { AsyncLocalStorage } from 'node:async_hooks'
import { BusError } from '@vestnik/bus/errors'
import type { Row, SqlValue, Tx } from '@vestnik/bus/store'
import { isEnvironment, isOutdated, isTimeout } from './failures.ts'
import { isRollbackTo } from './statements.ts'

/** A work as its caller gave it, with the caller's own async context. */
export interface Job {
  readonly work: (tx: Tx) => Promise<unknown>
  readonly context: <R>(run: () => R) => R
  /** Answers the caller. */
  readonly settle: (outcome: Outcome) => void
  /** When it was asked for, by performance.now(). */
  readonly at: number
  /** How often it was called again, alone, because others were in its way. */
  again: number
}

export interface Outcome {
  readonly ok: boolean
  /** The result, or the error. */
  readonly value: unknown
}

export interface Running {
  readonly at: number
  readonly ended: Promise<Outcome>
  /** Ends it from outside. The first end counts. */
  readonly end: (outcome: Outcome) => void
  /** Its `tx` still answers. */
  live: boolean
  /**
   * The first error of a statement: nothing after it counts, as the server does nothing more. Until the work rolls back
   * to a savepoint of its own; only what comes from outside the statement is then still to be told.
   */
  failed: unknown
  /** Resolves when every statement that was sent is answered. */
  answered(): Promise<void>
}

/** Which work the current code runs in, so that a nested transaction is told from one that merely comes meanwhile. */
export type Inside = AsyncLocalStorage<Running>

/** `send` runs a statement on the work's connection. */
export function run(inside: Inside, job: Job, send: Tx['query']): Running {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const open = new Set<Promise<unknown>>()
  let asked = 0
  let failedAt = 0
  const running: Running = {
    at: performance.now(),
    ended: promise,
    end: resolve,
    live: true,
    failed: undefined,
    async answered() {
      while (open.size > 0) await Promise.allSettled(open)
    },
  }
  async function query(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
    if (!running.live) throw ended()
    const place = ++asked
    const answer = send(sql, values)
    open.add(answer)
    try {
      const rows = await answer
      if (failedAt < place && isRollbackTo(sql) && isForgiven(running.failed)) running.failed = undefined
      return rows
    } catch (error) {
      if (running.failed === undefined) failedAt = place
      running.failed ??= error
      throw error
    } finally {
      open.delete(answer)
    }
  }
  const call = async (): Promise<unknown> => job.work({ query })
  job
    .context(() => inside.run(running, call))
    .then(
      (value) => resolve({ ok: true, value }),
      (error) => resolve({ ok: false, value: error }),
    )
  return running
}

/** What the machine, the server or another transaction did makes the store call the work again, or tell of it. */
const isForgiven = (error: unknown): boolean => !isEnvironment(error) && !isTimeout(error) && !isOutdated(error)

const ended = (): BusError =>
  new BusError('TX_ENDED', 'run a statement: its transaction has ended; await every query and publish inside the work')

export const failed = (error: unknown): Outcome => ({ ok: false, value: error })

/** The outcome of a work that took too long. */
export const tooSlow = (shown: string, limitMs: number): Outcome => ({
  ok: false,
  value: new BusError(
    'TX_TOO_SLOW',
    `transaction on ${shown}: its work took longer than ${limitMs} ms, it is rolled back`,
  ),
})
