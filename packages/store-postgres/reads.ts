/** Reads: one snapshot each, several at once, on connections of their own, so that no writer is ever before them. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { BusError } from '@vestnik/bus/errors'
import type { Connection } from './connection.ts'
import { isCollision, isEnvironment, isReadOnly, isTimeout, notCommitted } from './failures.ts'
import { type Keeper, type KeeperOptions, keepConnection } from './keeper.ts'
import { failed, type Inside, type Job, type Outcome, type Running, run, tooSlow } from './work.ts'

export interface ReadOptions extends KeeperOptions {
  readonly inside: Inside
  readonly workMs: number
  /** How many run at once. */
  readonly readers: number
}

export interface Reads {
  add(job: Job): void
  close(): Promise<void>
}

export function snapshots(options: ReadOptions): Reads {
  const { shown, inside, workMs, readers } = options
  const queue: Job[] = []
  const idle: Keeper[] = []
  const keepers: Keeper[] = []
  const outside = AsyncLocalStorage.snapshot()

  async function work(keeper: Keeper): Promise<void> {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const waiting = [job]
      const connection = await keeper.ready(waiting)
      // Else it was refused meanwhile.
      if (connection && waiting.length > 0) job.settle(await readOne(connection, job))
    }
    idle.push(keeper)
  }

  async function readOne(connection: Connection, job: Job): Promise<Outcome> {
    let begun = false
    const send = (sql: string): void => void connection.command(sql).catch(() => {})
    const running = run(inside, job, (sql, values) => {
      if (!begun) send('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      begun = true
      return connection.query(sql, values)
    })
    const timer = setTimeout(() => running.end(tooSlow(shown, workMs)), workMs)
    const outcome = await running.ended
    clearTimeout(timer)
    running.live = false
    await running.answered()
    if (begun) send('ROLLBACK')
    return judge(connection, outcome, running)
  }

  function judge(connection: Connection, outcome: Outcome, { at, failed: why }: Running): Outcome {
    if (isReadOnly(why)) return failed(new BusError('SQL_STATEMENT', `read on ${shown}: it writes`, { cause: why }))
    if (connection.lost() !== undefined) return failed(notCommitted(shown, connection.lost()))
    if (isTimeout(why) || performance.now() - at > workMs) return tooSlow(shown, workMs)
    if (isEnvironment(why) || isCollision(why)) return failed(notCommitted(shown, why))
    return outcome.ok && why !== undefined ? failed(why) : outcome
  }

  return {
    add(job) {
      queue.push(job)
      const keeper = idle.pop() ?? (keepers.length < readers ? keepConnection(options) : undefined)
      if (!keeper) return
      if (!keepers.includes(keeper)) keepers.push(keeper)
      void outside(() => work(keeper))
    },
    async close() {
      await Promise.all(keepers.map((keeper) => keeper.close()))
    },
  }
}
