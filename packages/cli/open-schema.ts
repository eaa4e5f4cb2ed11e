/** Opens the schema of a service in PostgreSQL, if it has tables of ours; none is made. */
import { BusError, checkTables } from '@vestnik/bus'
import { openPostgresStore } from '@vestnik/store-postgres'
import { readUrl } from '@vestnik/store-postgres/url'
import type { OpenedStore } from './open-database.ts'

/** @throws BusError `BAD_URL`, `BAD_OPTION`, `NO_TABLES`, `NEWER_VERSION`, `DATABASE_REFUSED`, `DATABASE_UNREACHABLE` */
export async function openSchema(url: string, asked: string | undefined): Promise<OpenedStore> {
  const { shown, schema: named } = readUrl(url)
  const what = `open ${shown}`
  const schema = choose(what, await schemasWithTables(url), asked ?? named)
  const store = await openPostgresStore(url, { schema, readers: 1 })
  try {
    await checkTables(store, `${what}, schema ${schema}`)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Those that the URL's user may use. */
async function schemasWithTables(url: string): Promise<readonly string[]> {
  // One that is there in every database: to open a schema that is missing would make it.
  await using store = await openPostgresStore(url, { schema: 'pg_catalog', readers: 1 })
  const rows = await store.read((tx) =>
    tx.query(
      `SELECT nspname AS name FROM pg_class JOIN pg_namespace AS schemas ON schemas.oid = relnamespace
       WHERE relname = 'vestnik_version' AND has_schema_privilege(schemas.oid, 'USAGE') ORDER BY nspname`,
      [],
    ),
  )
  return rows.map(({ name }) => String(name))
}

function choose(what: string, found: readonly string[], wanted: string | undefined): string {
  const [only, ...more] = found
  if (wanted !== undefined && found.includes(wanted)) return wanted
  if (wanted === undefined && only !== undefined && more.length === 0) return only
  const where = found.length === 0 ? 'nor has any other schema' : `--schema may name ${found.join(', ')}`
  if (wanted !== undefined) {
    throw new BusError('NO_TABLES', `${what}: schema ${wanted} has no tables of a service's messages; ${where}`)
  }
  if (only === undefined) throw new BusError('NO_TABLES', `${what}: no schema has tables of a service's messages`)
  throw new BusError('BAD_OPTION', `${what}: several services have their data there; ${where}`)
}
