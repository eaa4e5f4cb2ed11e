/** Shared commits: works run strictly one after another, each in a savepoint, many in one transaction of the file. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import type { Durability } from './durability.ts'
import { commitUnknown, isBusy, isConstraint, isFull, notCommitted } from './failures.ts'
import { queueOfJobs } from './queue.ts'
import { type Shared, type Sharing, shareOne } from './shared-commit.ts'
import type { Job, Outcome } from './work.ts'

export interface Commits {
  /** Runs the work in the next commit, and calls the job back when that is durable. */
  add(job: Job): void
  /** Resolves when nothing is queued, running or waiting for its sync. */
  idle(): Promise<void>
  /** Rejects all that is queued or runs. Nothing may be added after it. */
  stop(error: BusError): void
}

export interface CommitOptions extends Sharing {
  readonly durability: Durability
  /** How long another process may keep the file locked. */
  readonly lockMs: number
  /** After each commit; the next one waits for it. */
  readonly between: () => Promise<void> | undefined
  /** After a durable commit that changed something. */
  readonly changed: () => void
  /** The file cannot be trusted any more. */
  readonly broken: (error: unknown) => void
}

export function shareCommits(options: CommitOptions): Commits {
  const { path, connection, durability } = options
  const { db } = connection
  const [begin, commit, rollback] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT'), db.prepare('ROLLBACK')]
  const queue = queueOfJobs()
  const share = shareOne(options, queue)
  // The loop runs in the context in which the store was opened, not in that of whoever happened to call first.
  const outside = AsyncLocalStorage.snapshot()
  let looping = false
  let unsettled = 0
  let stopped: BusError | undefined
  const idle: (() => void)[] = []

  async function loop(): Promise<void> {
    await undefined // what is asked for in the same turn shares the first commit
    while (queue.peek()) {
      if (await begun()) end(await share.run())
      await setImmediate() // the event loop takes a breath between two commits
      await options.between()
    }
    looping = false
  }

  async function begun(): Promise<boolean> {
    const since = performance.now()
    for (;;) {
      try {
        begin.get()
        return true
      } catch (error) {
        if (!isBusy(error)) refuse(queue.clear(), notCommitted(path, error))
        else refuseExpired(since, error)
      }
      if (!queue.peek()) return false
      await setTimeout(1 + Math.random())
    }
  }

  function refuseExpired(since: number, error: unknown): void {
    const now = performance.now()
    for (let job = queue.peek(); job && now - Math.max(since, job.at) >= options.lockMs; job = queue.peek()) {
      queue.take()
      settle(job, { ok: false, value: notCommitted(path, error) })
    }
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
        settle(job, error && outcome.ok ? { ok: false, value: commitUnknown(path, error) } : outcome)
      }
      if (shared.changed && !error) options.changed()
    })
  }

  function uncommitted(shared: Shared, error: unknown): void {
    if (db.isTransaction) rollback.get()
    const jobs = shared.ended.map(({ job }) => job)
    if (isConstraint(error) || isFull(error) || isBusy(error)) {
      // One of them broke it: alone, only that one gets the error.
      if (jobs.length > 1) again(jobs)
      else refuse(jobs, isConstraint(error) ? error : notCommitted(path, error))
    } else {
      refuse(jobs, commitUnknown(path, error))
      options.broken(error)
    }
  }

  /** The transaction ended under one work, so it alone failed; the others of this commit run again. */
  function apart(shared: Shared): void {
    if (db.isTransaction) rollback.get()
    const guilty = shared.ended.pop()
    again(shared.ended.map(({ job }) => job))
    if (guilty) settleWhenDurable({ ...shared, ended: [guilty], changed: false })
  }

  function again(jobs: readonly Job[]): void {
    for (const job of jobs) job.alone = true
    queue.again(jobs)
  }

  function lose(shared: Shared, cause: BusError): void {
    if (db.isTransaction) rollback.get()
    refuse(
      shared.ended.map(({ job }) => job),
      new BusError('TX_LOST', `transaction on ${path}: the store closed itself`, { cause }),
    )
  }

  function refuse(jobs: readonly Job[], error: unknown): void {
    for (const job of jobs) settle(job, { ok: false, value: error })
  }

  function settle(job: Job, outcome: Outcome): void {
    if (outcome.ok) job.resolve(outcome.value)
    else job.reject(outcome.value)
    unsettled -= 1
    if (unsettled === 0) for (const resolve of idle.splice(0)) resolve()
  }

  return {
    add(job) {
      unsettled += 1
      queue.add(job)
      if (looping) return
      looping = true
      void outside(loop)
    },
    idle: () => new Promise((resolve) => (unsettled === 0 ? resolve() : idle.push(resolve))),
    stop(error) {
      stopped = error
      refuse(queue.clear(), error)
      share.stop(error)
    },
  }
}
