/** The inside of one shared commit: works one after another, each in a savepoint, until none waits or it is full. */
import type { Connection } from './connection.ts'
import { notCommitted } from './failures.ts'
import type { Queue } from './queue.ts'
import { failed, type Inside, type Job, lost, type Outcome, type Running, run, tooSlow } from './work.ts'

export interface Sharing {
  readonly path: string
  readonly connection: Connection
  readonly inside: Inside
  /** Works in one commit. */
  readonly works: number
  /** How long one commit takes works in. */
  readonly commitMs: number
  /** How long one work may take. */
  readonly workMs: number
}

/** What became of the works of one commit, before it is committed. */
export interface Shared {
  readonly ended: { readonly job: Job; readonly outcome: Outcome }[]
  /** Something may have been written. */
  wrote: boolean
  /** Something was changed that stays. */
  changed: boolean
  /** The whole transaction is gone, by the last of `ended`. */
  lost: boolean
}

export interface Share {
  /** Runs works in the transaction that is open. */
  run(): Promise<Shared>
  /** Ends the work that runs. */
  stop(error: Error): void
}

export function sharing(options: Sharing, queue: Queue): Share {
  const { path, connection, inside } = options
  const { db } = connection
  const save = db.prepare('SAVEPOINT vestnik_work')
  const undo = db.prepare('ROLLBACK TO vestnik_work')
  const release = db.prepare('RELEASE vestnik_work')
  let current: Running | undefined
  let timer: NodeJS.Timeout | undefined

  async function runWorks(): Promise<Shared> {
    const shared: Shared = { ended: [], wrote: false, changed: false, lost: false }
    const until = performance.now() + options.commitMs
    timer = setTimeout(check, options.workMs)
    for (let job = queue.take(); job; job = queue.take()) {
      shared.ended.push({ job, outcome: await runOne(job, shared) })
      const full = shared.ended.length >= options.works || performance.now() >= until
      if (full || shared.lost || job.alone || queue.peek()?.alone) break
    }
    clearTimeout(timer)
    return shared
  }

  async function runOne(job: Job, shared: Shared): Promise<Outcome> {
    try {
      save.get()
      current = run(inside, connection, job)
      const outcome = judge(await current.ended, current)
      return keepOrUndo(outcome, current, shared)
    } catch (error) {
      shared.lost = true // a savepoint that cannot be made or left: the machine, or the file
      return failed(notCommitted(path, error))
    } finally {
      current = undefined
    }
  }

  function judge(outcome: Outcome, running: Running): Outcome {
    running.live = false
    if (running.broken !== undefined) return failed(notCommitted(path, running.broken))
    // A work that kept the thread itself ends before the timer could say so.
    return performance.now() - running.at > options.workMs ? tooSlow(path, options.workMs) : outcome
  }

  function keepOrUndo(outcome: Outcome, running: Running, shared: Shared): Outcome {
    if (running.wrote) shared.wrote = true
    if (!db.isTransaction) {
      shared.lost = true
      return outcome.ok ? failed(lost(running.lost)) : outcome
    }
    if (!outcome.ok) undo.get()
    else if (running.changed) shared.changed = true
    release.get()
    return outcome
  }

  /** One timer watches all works: a timer for each would cost more than a small work does. */
  function check(): void {
    if (!current) return
    const left = current.at + options.workMs - performance.now()
    if (left <= 0) current.end(tooSlow(path, options.workMs))
    timer = setTimeout(check, Math.max(1, left))
  }

  return {
    run: runWorks,
    stop: (error) => current?.end(failed(error)),
  }
}
