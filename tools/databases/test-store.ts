/** The store on which the tests of the services run: in memory, or with TEST_DATABASE=postgres on a server. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@vestnik/bus'
import { type ServiceStore, withQuestionMarks } from '@vestnik/service'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { openPatiently } from '../../packages/store-postgres/laws.fixture.ts'
import { type ScratchDatabase, scratchDatabase, sharedPostgres } from './postgres.ts'

const tableNames = {
  sqlite: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
  postgres: 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()',
}

/** The names of all its tables, those of the bus among them. */
export async function tablesIn(store: Store): Promise<readonly string[]> {
  const rows = await store.read((tx) => tx.query(tableNames[store.dialect], []))
  return rows.map(({ name }) => String(name))
}

let database: Promise<ScratchDatabase> | undefined
let stores = 0

/**
 * A store of the caller's own, without tables. On a server it is a schema of the test file's own database, which is
 * dropped when the file's process has ended.
 */
export async function openTestStore(): Promise<ServiceStore> {
  const url = await testSchema()
  return url === undefined ? await openSqliteStore(':memory:') : await openTestSchema(url)
}

/** The URL of a schema that nobody has used; undefined where tests run on SQLite. */
export async function testSchema(): Promise<string | undefined> {
  return process.env.TEST_DATABASE === 'postgres' ? await freshSchema() : undefined
}

/** Two stores on one schema of a server, as two instances of a service open them. */
export async function openTwo(): Promise<readonly [ServiceStore, ServiceStore] & AsyncDisposable> {
  const url = await freshSchema()
  const both = [await openTestSchema(url), await openTestSchema(url)] as const
  const close = async () => void (await Promise.all(both.map((store) => store.close())))
  return Object.assign([both[0], both[1]] as const, { [Symbol.asyncDispose]: close })
}

/**
 * Runs one work at one of two stores up to the commit of its transaction, then another work at the other one until it has
 * ended or waits for what the first one holds; only then the first one commits. Answers what both came to.
 */
export async function overlap<First, Second>(
  [one, other]: readonly [ServiceStore, ServiceStore],
  first: (store: ServiceStore) => Promise<First>,
  second: (store: ServiceStore) => Promise<Second>,
): Promise<[First, Second]> {
  const before = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const slow: ServiceStore = {
    ...one,
    transaction: (work) =>
      one.transaction(async (tx) => {
        const result = await work(tx)
        before.resolve()
        await mayCommit.promise
        return result
      }),
  }
  const early = first(slow)
  await Promise.race([before.promise, early])
  let ended = false
  const late = second(other).finally(() => {
    ended = true
  })
  try {
    while (!ended && !(await someoneWaits(other))) await sleep(10)
  } finally {
    mayCommit.resolve()
  }
  return await Promise.all([early, late])
}

async function someoneWaits(store: Store): Promise<boolean> {
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
  return (await store.read((tx) => tx.query(waiting, []))).length > 0
}

async function freshSchema(): Promise<string> {
  database ??= sharedPostgres().then(scratchDatabase)
  stores += 1
  return `${(await database).url}?schema=test_${stores}`
}

export async function openTestSchema(url: string): Promise<ServiceStore> {
  return withQuestionMarks(await openPatiently(url))
}
