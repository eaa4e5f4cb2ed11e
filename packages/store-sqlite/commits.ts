/** Shared commits: what is queued is written in transactions that many works share, and settles when they are durable. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import type { Durability } from './durability.ts'
import { commitUnknown, isBusy, isConstraint, isFull, isUnwritten, notCommitted } from './failures.ts'
import { writeLock } from './lock.ts'
import { queueOfJobs } from './queue.ts'
import { type Shared, type Sharing, sharing } from './shared-commit.ts'
import { failed, type Job } from './work.ts'

export interface Commits {
  /** Runs the work in the next commit, and settles it when that is durable. */
  add(job: Job): void
  /** Refuses all that is queued or runs. Nothing may be added after it. */
  stop(error: BusError): void
}

export interface CommitOptions extends Sharing {
  readonly durability: Durability
  /** How long another process may keep the file locked. */
  readonly lockMs: number
  /** Before each commit, which waits for it. */
  readonly turn: () => Promise<void> | undefined
  /** After a durable commit that changed something. */
  readonly changed: () => void
  /** The file cannot be trusted any more. */
  readonly broken: (error: unknown) => void
}

export function shareCommits(options: CommitOptions): Commits {
  const { path, connection, durability } = options
  const { db } = connection
  const [commit, rollback] = [db.prepare('COMMIT'), db.prepare('ROLLBACK')]
  const queue = queueOfJobs()
  const begun = writeLock(path, connection, queue, options.lockMs)
  const share = sharing(options, queue)
  // The loop runs in the async context in which the store was opened, not in that of whoever calls first.
  const outside = AsyncLocalStorage.snapshot()
  let looping = false
  let stopped: BusError | undefined

  async function loop(): Promise<void> {
    await undefined // what is asked for in the same turn shares the first commit
    while (queue.peek()) {
      await options.turn()
      if (await begun()) end(await share.run())
      await setImmediate() // the event loop takes a breath between two commits
    }
    looping = false
  }

  function end(shared: Shared): void {
    if (stopped) lose(shared, stopped)
    else if (shared.lost) apart(shared)
    else if (committed(shared)) settleWhenDurable(shared)
  }

  function committed(shared: Shared): boolean {
    try {
      commit.get()
    } catch (error) {
      uncommitted(shared, error)
      return false
    }
    if (shared.wrote) durability.committed()
    return true
  }

  function settleWhenDurable(shared: Shared): void {
    durability.whenDurable((error) => {
      for (const { job, outcome } of shared.ended) {
        job.settle(error && outcome.ok ? failed(commitUnknown(path, error)) : outcome)
      }
      if (shared.changed && !error) options.changed()
    })
  }

  function uncommitted(shared: Shared, error: unknown): void {
    rollBack()
    if ([isConstraint, isFull, isUnwritten, isBusy].some((certain) => certain(error))) {
      // One of them broke it: when each has a commit of its own, only that one gets the error.
      if (shared.ended.length > 1) again(shared)
      else refuse(shared, isConstraint(error) ? error : notCommitted(path, error))
    } else {
      refuse(shared, commitUnknown(path, error))
      options.broken(error)
    }
  }

  /** The whole transaction ended under one work: it gets what it did, the others of this commit run again. */
  function apart(shared: Shared): void {
    rollBack()
    const last = shared.ended.pop()
    again(shared)
    if (last) settleWhenDurable({ ...shared, ended: [last], changed: false })
  }

  function again({ ended }: Shared): void {
    const jobs = ended.map(({ job }) => job)
    for (const job of jobs) job.alone = true
    queue.again(jobs)
  }

  function lose(shared: Shared, cause: BusError): void {
    rollBack()
    refuse(shared, new BusError('TX_LOST', `transaction on ${path}: the store closed itself`, { cause }))
  }

  function refuse({ ended }: Shared, error: unknown): void {
    for (const { job } of ended) job.settle(failed(error))
  }

  function rollBack(): void {
    if (db.isTransaction) rollback.get()
  }

  return {
    add(job) {
      queue.add(job)
      if (looping) return
      looping = true
      void outside(loop)
    },
    stop(error) {
      stopped = error
      for (const job of queue.clear()) job.settle(failed(error))
      share.stop(error)
    },
  }
}
