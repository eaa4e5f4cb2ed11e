/** The bus's tables in a service's own database, made and migrated at start, forward only. */
import { BusError, hasCode } from './errors.ts'
import type { Ports } from './ports.ts'
import { type Sql, sqlFor } from './sql.ts'
import type { Dialect, Store, Tx } from './store.ts'
import { postgresSteps } from './tables-postgres.ts'
import { sqliteSteps } from './tables-sqlite.ts'

const stepsOf: Readonly<Record<Dialect, readonly (readonly string[])[]>> = {
  sqlite: sqliteSteps,
  postgres: postgresSteps,
}

/** The version of the tables that this bus makes and works with. */
export const schemaVersion: number = sqliteSteps.length

/** How long a process waits for another one that makes the tables, or for a server that has much to do. */
const patienceMs = 30_000

/**
 * Makes the tables, or brings them to `schemaVersion`, each version in one transaction. Several processes may do it at
 * once, and one that is killed leaves nothing half made.
 * @throws BusError `NEWER_VERSION` when a newer bus made them
 */
export async function migrate(store: Store, ports: Pick<Ports, 'now' | 'sleep'>): Promise<void> {
  for (let until = ports.now() + patienceMs; ; ) {
    try {
      if ((await store.transaction((tx) => makeNext(tx, store.dialect))) === 'whole') return
      until = ports.now() + patienceMs
      continue
    } catch (error) {
      if (!hasCode(error, 'LOCK_TIMEOUT', 'TX_TOO_SLOW') || ports.now() > until) throw error
    }
    await ports.sleep(100)
  }
}

/** Makes the next version, unless the tables are of the last one already. */
async function makeNext(tx: Tx, dialect: Dialect): Promise<'whole' | 'more'> {
  const sql = sqlFor(dialect)
  // In SQLite a transaction has the whole file for itself.
  if (dialect === 'postgres') {
    await tx.query(...sql`SELECT pg_advisory_xact_lock(hashtextextended('vestnik tables ' || current_schema(), 0))`)
  }
  await tx.query(...sql`CREATE TABLE IF NOT EXISTS vestnik_version (version INTEGER NOT NULL)`)
  const found = await readVersion(tx, sql)
  if (found > schemaVersion) throw newer('open bus', found)
  if (found === schemaVersion) return 'whole'
  // Together: a server far away would else be waited for once for each of them.
  await Promise.all((stepsOf[dialect][found] ?? []).map((statement) => tx.query(statement, [])))
  await tx.query(...sql`DELETE FROM vestnik_version`)
  await tx.query(...sql`INSERT INTO vestnik_version (version) VALUES (${found + 1})`)
  return found + 1 === schemaVersion ? 'whole' : 'more'
}

/**
 * Looks whether the tables are there, and of the version that this bus works with. Changes nothing.
 * @throws BusError `NO_TABLES`, `NEWER_VERSION`
 */
export async function checkTables(store: Store, what: string): Promise<void> {
  const sql = sqlFor(store.dialect)
  const found = await store.read(async (tx) => {
    const tables = await tx.query(
      ...(store.dialect === 'sqlite'
        ? sql`SELECT 1 FROM sqlite_schema WHERE name = 'vestnik_version'`
        : sql`SELECT 1 FROM pg_class WHERE oid = to_regclass('vestnik_version')`),
    )
    return tables.length > 0 ? readVersion(tx, sql) : 0
  })
  if (found > schemaVersion) throw newer(what, found)
  if (found < schemaVersion) throw new BusError('NO_TABLES', `${what}: it has no tables of a service's messages`)
}

async function readVersion(tx: Tx, sql: Sql): Promise<number> {
  const [row] = await tx.query(...sql`SELECT version FROM vestnik_version`)
  return Number(row?.version ?? 0)
}

const newer = (what: string, found: number) =>
  new BusError(
    'NEWER_VERSION',
    `${what}: the database has vestnik tables of version ${found}, this one knows ${schemaVersion}`,
  )
