/** Reads: one snapshot each, on a connection of their own, so that no writer is ever before them. */
import { setTimeout } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import type { Durability } from './durability.ts'
import { isBusy, notCommitted } from './failures.ts'
import { queueOfJobs } from './queue.ts'
import { type Inside, type Job, type Outcome, type Running, run, tooSlow } from './work.ts'

export interface Reads {
  add(job: Job): void
  idle(): Promise<void>
}

export interface ReadOptions {
  readonly path: string
  readonly connection: Connection
  readonly inside: Inside
  readonly durability: Durability
  readonly workMs: number
  readonly lockMs: number
  /** The error of a read whose sync failed. */
  readonly closed: (cause: Error) => Error
}

export function snapshots(options: ReadOptions): Reads {
  const { path, connection, inside, durability } = options
  const { db } = connection
  const [begin, commit] = [db.prepare('BEGIN'), db.prepare('COMMIT')]
  // BEGIN alone takes no snapshot: the first read does.
  const look = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1')
  const queue = queueOfJobs()
  let looping = false
  let unsettled = 0
  const idle: (() => void)[] = []

  async function loop(): Promise<void> {
    for (let job = queue.take(); job; job = queue.take()) {
      const outcome = await readOne(job)
      durable(job, outcome)
    }
    looping = false
  }

  async function readOne(job: Job): Promise<Outcome> {
    try {
      await opened()
    } catch (error) {
      return { ok: false, value: notCommitted(path, error) }
    }
    const running = run(inside, connection, job)
    const timer = setTimeoutOnce(running)
    const outcome = await running.ended
    clearTimeout(timer)
    running.live = false
    if (db.isTransaction) commit.get()
    if (performance.now() - running.at > options.workMs) return tooSlow(path, options.workMs)
    return running.broken === undefined ? outcome : { ok: false, value: notCommitted(path, running.broken) }
  }

  const setTimeoutOnce = (running: Running): NodeJS.Timeout =>
    globalThis.setTimeout(() => running.end(tooSlow(path, options.workMs)), options.workMs)

  async function opened(): Promise<void> {
    const since = performance.now()
    for (;;) {
      try {
        begin.get()
        look.get()
        return
      } catch (error) {
        if (db.isTransaction) commit.get()
        if (!isBusy(error) || performance.now() - since >= options.lockMs) throw error
      }
      await setTimeout(1 + Math.random())
    }
  }

  function durable(job: Job, outcome: Outcome): void {
    durability.whenDurable((error) => {
      if (error) job.reject(options.closed(error))
      else if (outcome.ok) job.resolve(outcome.value)
      else job.reject(outcome.value)
      unsettled -= 1
      if (unsettled === 0) for (const resolve of idle.splice(0)) resolve()
    })
  }

  return {
    add(job) {
      unsettled += 1
      queue.add(job)
      if (looping) return
      looping = true
      void loop()
    },
    idle: () => new Promise((resolve) => (unsettled === 0 ? resolve() : idle.push(resolve))),
  }
}
