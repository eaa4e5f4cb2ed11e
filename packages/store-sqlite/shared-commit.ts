/** The inside of one shared commit: works one after another, each in a savepoint, until none waits or it is full. */
import type { Connection } from './connection.ts'
import { notCommitted } from './failures.ts'
import type { Queue } from './queue.ts'
import { type Inside, type Job, type Outcome, type Running, run, tooSlow } from './work.ts'

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

export function shareOne(options: Sharing, queue: Queue): Share {
  const { path, connection, inside } = options
  const { db } = connection
  const [save, undo, release] = ['SAVEPOINT', 'ROLLBACK TO', 'RELEASE'].map((verb) =>
    db.prepare(`${verb} vestnik_work`),
  )
  let current: Running | undefined
  let timer: NodeJS.Timeout | undefined

  async function runWorks(): Promise<Shared> {
    const shared: Shared = { ended: [], wrote: false, changed: false, lost: false }
    const until = performance.now() + options.commitMs
    watch()
    for (let job = queue.take(); job; job = queue.take()) {
      const outcome = await runOne(job, shared)
      shared.ended.push({ job, outcome })
      const full = shared.ended.length >= options.works || performance.now() >= until
      if (full || shared.lost || job.alone || queue.peek()?.alone) break
    }
    return shared
  }

  async function runOne(job: Job, shared: Shared): Promise<Outcome> {
    save?.get()
    current = run(inside, connection, job)
    let outcome = await current.ended
    const running = current
    current = undefined
    running.live = false
    if (running.broken !== undefined) outcome = { ok: false, value: notCommitted(path, running.broken) }
    else if (performance.now() - running.at > options.workMs) outcome = tooSlow(path, options.workMs)
    if (running.wrote) shared.wrote = true
    if (!db.isTransaction) {
      shared.lost = true
      return outcome
    }
    if (outcome.ok && running.changed) shared.changed = true
    if (!outcome.ok) undo?.get()
    release?.get()
    return outcome
  }

  /** One timer watches all works: a timer for each would cost more than a small work. */
  function watch(): void {
    timer ??= setTimeout(() => check(), options.workMs)
  }

  function check(): void {
    timer = undefined
    if (!current) return
    const left = current.at + options.workMs - performance.now()
    if (left <= 0) current.end(tooSlow(path, options.workMs))
    timer = setTimeout(() => check(), Math.max(1, left))
  }

  return {
    run: runWorks,
    stop(error) {
      current?.end({ ok: false, value: error })
      clearTimeout(timer)
      timer = undefined
    },
  }
}
