/** Shared commits: what is queued is written in transactions that many works share, and settles when they are durable. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { commitUnknown, isCollision, isConstraint, isOutdated, notCommitted, refusedCommit } from './failures.ts'
import type { Keeper } from './keeper.ts'
import { type Shared, type Sharing, shareTransaction } from './shared-commit.ts'
import { failed, type Job } from './work.ts'

export interface CommitOptions extends Sharing {
  readonly keeper: Keeper
  /** After a durable commit that changed something. */
  readonly changed: (connection: Connection) => void
}

/** So often a work is called again, alone, before its caller is told that others were in its way. */
const mostAgain = 5
/** A commit may have to wait for a slow disk. */
const commitMs = 30_000

/** @returns a function that runs the job in the next commit, and settles it when that is durable */
export function shareCommits(options: CommitOptions): (job: Job) => void {
  const { shown, keeper } = options
  const queue: Job[] = []
  const share = shareTransaction(options, queue)
  // The loop runs in the async context in which the store was opened, not in that of whoever calls first.
  const outside = AsyncLocalStorage.snapshot()
  let looping = false

  async function loop(): Promise<void> {
    await undefined // what is asked for in the same turn shares the first commit
    while (queue.length > 0) {
      const connection = await keeper.ready(queue)
      if (connection) await end(connection, await share(connection))
    }
    looping = false
  }

  async function end(connection: Connection, shared: Shared): Promise<void> {
    if (connection.lost() !== undefined) lose(shared, connection.lost())
    else if (shared.collision !== undefined) await runAgain(connection, shared)
    else if (shared.begun) await commit(connection, shared)
    else settle(shared)
  }

  async function commit(connection: Connection, shared: Shared): Promise<void> {
    try {
      const { tag, rows } = await connection.command(`${wrote}; COMMIT`, commitMs)
      // The server answers so to the COMMIT of a transaction that had failed before.
      if (tag !== 'COMMIT') return lose(shared, new Error('the server had rolled it back'))
      if (rows[0]?.wrote === 1) options.changed(connection)
      settle(shared)
    } catch (error) {
      await uncommitted(connection, shared, error)
    }
  }

  async function uncommitted(connection: Connection, shared: Shared, error: unknown): Promise<void> {
    // Who still answers has told what became of the commit; else nobody knows.
    if (!(await rolledBack(connection))) return refuse(shared, commitUnknown(shown, error))
    const others = shared.ended.length > 1 || isCollision(error)
    // One of them broke it: when each has a commit of its own, only that one gets the error.
    if (others) await runAgain(connection, { ...shared, collision: error })
    else refuse(shared, isConstraint(error) ? error : refusedCommit(shown, error))
  }

  /** The works of this commit are called again, each in one of its own, before all others. */
  async function runAgain(connection: Connection, shared: Shared): Promise<void> {
    const { collision } = shared
    // A statement that does not fit its tables any more is prepared anew on another connection.
    if (isOutdated(collision)) connection.destroy()
    else if (!(await rolledBack(connection))) return lose(shared, collision)
    const jobs = shared.ended.map(({ job }) => job)
    for (const job of jobs) job.again += 1
    const tired = jobs.filter(({ again }) => again > mostAgain)
    for (const job of tired) job.settle(failed(notCommitted(shown, collision)))
    queue.unshift(...jobs.filter((job) => !tired.includes(job)))
    if (jobs.some(({ again }) => again > 1)) await sleep(Math.random() * 20) // not in step with another process
  }

  function lose(shared: Shared, cause: unknown): void {
    refuse(shared, notCommitted(shown, cause))
  }

  function refuse({ ended }: Shared, error: unknown): void {
    for (const { job, outcome } of ended) job.settle(outcome.ok ? failed(error) : outcome)
  }

  function settle({ ended }: Shared): void {
    for (const { job, outcome } of ended) job.settle(outcome)
  }

  return (job) => {
    queue.push(job)
    if (looping) return
    looping = true
    void outside(loop)
  }
}

/** A transaction has an id of its own as soon as it has written. */
const wrote = 'SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS wrote'

async function rolledBack(connection: Connection): Promise<boolean> {
  return connection.command('ROLLBACK').then(
    () => true,
    () => false,
  )
}
