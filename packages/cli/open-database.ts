/** Opens the database of a service, to look at it and to mend what failed. Nothing is made, and nothing foreign is touched. */
import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { BusError, checkTables, type Store } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'

export type OpenedStore = Store & AsyncDisposable

/**
 * Opens what `sqlite:<path>`, a plain path or `postgres://…` names; the service may run or not. `schema` is that of a
 * PostgreSQL; without it, what the URL says, or the only one with tables.
 * @throws BusError `BAD_URL`, `BAD_OPTION`, `FILE_MISSING`, `NO_TABLES`, `NEWER_VERSION`, and what the store's own opener
 * throws
 */
export async function openDatabase(given: string, schema?: string): Promise<OpenedStore> {
  if (/^postgres(ql)?:/i.test(given)) {
    // Only who has such a database loads its client.
    const { openSchema } = await import('./open-schema.ts')
    return await openSchema(given, schema)
  }
  if (schema !== undefined) {
    throw new BusError('BAD_OPTION', 'open the database: only one of postgres:// has schemas; leave --schema out')
  }
  return await openFile(readUrl(given))
}

async function openFile(path: string): Promise<OpenedStore> {
  const what = `open ${path}`
  if (!existsSync(path)) throw new BusError('FILE_MISSING', `${what}: there is no such file`)
  if (!statSync(path).isFile()) throw new BusError('FILE_UNUSABLE', `${what}: it is not a file`)
  if (isForeign(path)) throw new BusError('NO_TABLES', `${what}: it has no tables of a service's messages`)
  const store = await openSqliteStore(path)
  try {
    await checkTables(store, what)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The URL itself is not shown: it may hold a password. */
function readUrl(given: string): string {
  // One letter before the colon is a drive, not a scheme.
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]+):(.*)$/is.exec(given) ?? []
  if (scheme === undefined && given !== '') return given
  if (scheme === 'sqlite' && rest !== '') return rest
  const why = scheme === 'sqlite' || scheme === undefined ? 'it names no file' : `this command does not know ${scheme}:`
  throw new BusError('BAD_URL', `open the database: ${why}; give sqlite:<path>, the path of the file, or postgres://…`)
}

/** Whether it is certainly a database of something else: the store would change its way of writing. */
function isForeign(path: string): boolean {
  try {
    const db = new DatabaseSync(path, { readOnly: true })
    try {
      return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'vestnik_version'").get() === undefined
    } finally {
      db.close()
    }
  } catch {
    // Locked, damaged or not to be read: the store says which, and what to do.
    return false
  }
}
