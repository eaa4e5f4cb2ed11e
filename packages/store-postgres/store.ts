/** A service's own database in a schema of PostgreSQL: shared commits, snapshots, watches. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import type { Store, Tx } from '@vestnik/bus/store'
import { shareCommits } from './commits.ts'
import { type Connection, connect } from './connection.ts'
import { connectError, isForGood, refused, sqlState } from './failures.ts'
import { keepConnection } from './keeper.ts'
import { type PostgresStoreOptions, whole } from './options.ts'
import { snapshots } from './reads.ts'
import { readUrl, type Target } from './url.ts'
import { watching } from './watches.ts'
import type { Job, Outcome, Running } from './work.ts'

export interface PostgresStore extends Store<Tx>, AsyncDisposable {}

/** What a work and a commit may take. `lockMs`: how long a work that has its commit for itself waits for a lock. */
const standardLimits = { works: 200, commitMs: 5, workMs: 1000, sharedLockMs: 200, lockMs: 700, awayMs: 3_000 }

/**
 * Opens the store in the schema, which is made if it is missing. A server that does not answer is waited for until the
 * options' patience ends.
 * @throws BusError `BAD_URL`, `BAD_OPTION`, `DATABASE_REFUSED` for what waiting cannot mend, `DATABASE_UNREACHABLE`
 */
export function openPostgresStore(url: string, options: PostgresStoreOptions = {}): Promise<PostgresStore> {
  return openWithin(standardLimits, url, options)
}

/** Tests of what is built on the store give it more time, so that they do not judge the machine. */
export async function openWithin(
  limits: typeof standardLimits,
  url: string,
  options: PostgresStoreOptions = {},
): Promise<PostgresStore> {
  const target = readUrl(url)
  const { shown } = target
  const { schema, patienceMs, readers, pollMs } = whole(
    target.schema === undefined ? options : { schema: target.schema, ...options },
  )
  const open = (): Promise<Connection> => connect(target, { schema, ...limits })
  const first = await patiently(open, patienceMs)
  const own = await prepareSchema(first, target, schema)
  const inside = new AsyncLocalStorage<Running>()
  const keeping = { shown, connect: open, awayMs: limits.awayMs }
  const keeper = keepConnection(keeping, first)
  const watches = watching({ channel: `vestnik_${own}`, pollMs, connect: open })
  const write = shareCommits({ ...limits, shown, inside, keeper, changed: watches.changed })
  const reads = snapshots({ ...keeping, inside, workMs: limits.workMs, readers })
  let unsettled = 0
  let settledAll: (() => void) | undefined
  let closing: Promise<void> | undefined

  function ask<R>(work: (tx: Tx) => Promise<R>, add: (job: Job) => void): Promise<R> {
    if (closing) return Promise.reject(closed(shown))
    if (inside.getStore()?.live) return Promise.reject(nested(shown))
    return new Promise<unknown>((resolve, reject) => {
      const settle = ({ ok, value }: Outcome): void => {
        if (ok) resolve(value)
        else reject(value)
        unsettled -= 1
        if (unsettled === 0) settledAll?.()
      }
      unsettled += 1
      add({ work, context: AsyncLocalStorage.snapshot(), settle, at: performance.now(), again: 0 })
    }) as Promise<R>
  }

  async function end(): Promise<void> {
    if (unsettled > 0) await new Promise<void>((resolve) => (settledAll = resolve))
    await Promise.all([watches.close(), keeper.close(), reads.close()])
  }

  const close = (): Promise<void> => (closing ??= end())
  return {
    dialect: 'postgres',
    transaction: (work) => ask(work, write),
    read: (work) => ask(work, reads.add),
    watch: watches.add,
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function patiently(open: () => Promise<Connection>, patienceMs: number): Promise<Connection> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (isForGood(error) || performance.now() >= until) throw error
    }
    await sleep(100 + Math.random() * 100)
  }
}

/** Makes the schema; several processes may do so at once. Answers the name under which stores on it notify each other. */
async function prepareSchema(connection: Connection, { shown }: Target, schema: string | undefined): Promise<string> {
  try {
    if (schema !== undefined && !(await exists(connection, schema))) {
      const lock = "SELECT pg_advisory_xact_lock(hashtextextended('vestnik schema', 0))"
      await connection.command(`BEGIN; ${lock}; CREATE SCHEMA IF NOT EXISTS ${schema}; COMMIT`)
    }
    const [row] = (await connection.command('SELECT to_regnamespace(current_schema())::oid AS own')).rows
    if (typeof row?.own === 'number') return String(row.own)
  } catch (error) {
    connection.destroy()
    if (sqlState(error) !== '42501') throw connectError(shown, error)
    throw refused(shown, `its user may not make the schema ${schema}; make it, and let the user own it`, error)
  }
  connection.destroy()
  throw refused(shown, 'its user has no schema to make tables in; name one with the option schema')
}

async function exists(connection: Connection, schema: string): Promise<boolean> {
  const { rows } = await connection.command(`SELECT 1 AS one FROM pg_namespace WHERE nspname = '${schema}'`)
  return rows.length > 0
}

const closed = (shown: string): BusError => new BusError('STORE_CLOSED', `transaction on ${shown}: the store is closed`)

const nested = (shown: string): BusError =>
  new BusError('TX_NESTED', `transaction on ${shown}: it was asked for inside a work of the same store; use its tx`)
