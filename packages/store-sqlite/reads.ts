/** Reads: one snapshot each, on a connection of their own, so that no writer is ever before them. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Connection } from './connection.ts'
import type { Durability } from './durability.ts'
import { isBusy, notCommitted } from './failures.ts'
import { pause } from './lock.ts'
import { queueOfJobs } from './queue.ts'
import { failed, type Inside, type Job, type Outcome, type Running, run, tooSlow } from './work.ts'

export interface ReadOptions {
  readonly path: string
  /** Opened for reading only. */
  readonly connection: Connection
  readonly inside: Inside
  readonly durability: Durability
  readonly workMs: number
  readonly lockMs: number
  /** The error of a read whose data may not be durable. */
  readonly closed: (cause: Error) => Error
}

/** @returns a function that runs the job on the next snapshot, and settles it when what it read is durable */
export function snapshots(options: ReadOptions): (job: Job) => void {
  const { path, connection, durability } = options
  const { db } = connection
  const [begin, commit] = [db.prepare('BEGIN'), db.prepare('COMMIT')]
  // BEGIN alone takes no snapshot: the first read does.
  const look = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1')
  const queue = queueOfJobs()
  const outside = AsyncLocalStorage.snapshot()
  let looping = false

  async function loop(): Promise<void> {
    for (let job = queue.take(); job; job = queue.take()) settleWhenDurable(job, await readOne(job))
    looping = false
  }

  async function readOne(job: Job): Promise<Outcome> {
    try {
      await begun()
      const running = run(options.inside, connection, job)
      const timer = setTimeout(() => running.end(tooSlow(path, options.workMs)), options.workMs)
      const outcome = await running.ended
      clearTimeout(timer)
      if (db.isTransaction) commit.get()
      return judge(outcome, running)
    } catch (error) {
      return failed(notCommitted(path, error))
    }
  }

  function judge(outcome: Outcome, running: Running): Outcome {
    running.live = false
    if (performance.now() - running.at > options.workMs) return tooSlow(path, options.workMs)
    return running.broken === undefined ? outcome : failed(notCommitted(path, running.broken))
  }

  async function begun(): Promise<void> {
    const since = performance.now()
    for (;;) {
      begin.get()
      try {
        look.get()
        return
      } catch (error) {
        if (db.isTransaction) commit.get()
        if (!isBusy(error) || performance.now() - since >= options.lockMs) throw error
      }
      await pause()
    }
  }

  function settleWhenDurable(job: Job, outcome: Outcome): void {
    durability.whenDurable((error) => job.settle(error ? failed(options.closed(error)) : outcome))
  }

  return (job) => {
    queue.add(job)
    if (looping) return
    looping = true
    void outside(loop)
  }
}
