/** The inside of one shared commit: works one after another, each in a savepoint, until none waits or it is full. */
import type { Connection } from './connection.ts'
import { isCollision, isEnvironment, isLocked, isOutdated, isTimeout, notCommitted } from './failures.ts'
import { failed, type Inside, type Job, type Outcome, type Running, run, tooSlow } from './work.ts'

export interface Sharing {
  /** The database, for people. */
  readonly shown: string
  readonly inside: Inside
  /** Works in one commit. */
  readonly works: number
  /** How long one commit takes works in. */
  readonly commitMs: number
  /** How long one work may take. */
  readonly workMs: number
  /** How long a work that shares its commit may wait for a lock: until then it keeps what the others locked. */
  readonly sharedLockMs: number
}

/** What became of the works of one commit, before it is committed. */
export interface Shared {
  readonly ended: { readonly job: Job; readonly outcome: Outcome }[]
  /** Something was sent to the server. */
  begun: boolean
  /** Why all of them have to be called again, each alone. */
  collision: unknown
}

/** @returns a function that runs what is queued in one transaction of the connection, and leaves that open */
export function shareTransaction(options: Sharing, queue: Job[]): (connection: Connection) => Promise<Shared> {
  const { shown, inside, workMs } = options

  return async (connection) => {
    const shared: Shared = { ended: [], begun: false, collision: undefined }
    const transaction = transactionOn(connection, shared, options)
    const until = performance.now() + options.commitMs
    for (let job = queue.shift(); job; job = queue.shift()) {
      shared.ended.push({ job, outcome: await runOne(job) })
      const full = shared.ended.length >= options.works || performance.now() >= until
      const apart = job.again > 0 || (queue[0]?.again ?? 0) > 0
      if (full || apart || shared.collision !== undefined || connection.lost() !== undefined) break
    }
    return shared

    async function runOne(job: Job): Promise<Outcome> {
      const running = run(inside, job, (sql, values) => {
        transaction.enter(job)
        return connection.query(sql, values)
      })
      const timer = setTimeout(() => running.end(tooSlow(shown, workMs)), workMs)
      const outcome = await running.ended
      clearTimeout(timer)
      running.live = false
      await running.answered()
      const judged = judge(outcome, running, job)
      transaction.leave(job, judged.ok)
      return judged
    }

    function judge(outcome: Outcome, { at, failed: why }: Running, job: Job): Outcome {
      if (connection.lost() !== undefined) return failed(notCommitted(shown, connection.lost()))
      if (isCollision(why) || isOutdated(why) || (isLocked(why) && job.again === 0)) {
        shared.collision = why
        return failed(why)
      }
      if (isTimeout(why) || performance.now() - at > workMs) return tooSlow(shown, workMs)
      if (isEnvironment(why)) return failed(notCommitted(shown, why))
      // The server does nothing more after a statement that failed, whatever the work made of it.
      return outcome.ok && why !== undefined ? failed(why) : outcome
    }
  }
}

/** The transaction begins with the first statement, and so does the savepoint of each work: nothing is sent for nothing. */
function transactionOn(connection: Connection, shared: Shared, { sharedLockMs }: Sharing) {
  let entered = false
  /** What the last work wrote is still in its savepoint. */
  let kept = false
  // Who fails here fails again in the statement behind it, or at the commit.
  const send = (sql: string): void => void connection.command(sql).catch(() => {})
  return {
    enter({ again }: Job): void {
      if (entered) return
      if (again > 0) send(begin)
      else if (!shared.begun) send(`${begin}; SET LOCAL lock_timeout = ${sharedLockMs}; ${save}`)
      else if (kept) send(`RELEASE SAVEPOINT vestnik_work; ${save}`)
      shared.begun = true
      entered = true
    },
    leave({ again }: Job, ok: boolean): void {
      if (entered && !ok) send(again > 0 ? 'ROLLBACK' : 'ROLLBACK TO SAVEPOINT vestnik_work')
      if (!ok && again > 0) shared.begun = false
      if (entered) kept = ok
      entered = false
    },
  }
}

const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE'
const save = 'SAVEPOINT vestnik_work'
