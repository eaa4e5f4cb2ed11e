/** Opens the database of a service, to look at it and to mend what failed. Nothing is made, and nothing foreign is touched. */
import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { BusError, checkTables } from '@vestnik/bus'
import { openSqliteStore, type SqliteStore } from '@vestnik/store-sqlite'

/**
 * Opens what `sqlite:<path>`, or a plain path, names; the service may run or not.
 * @throws BusError `BAD_URL`, `FILE_MISSING`, `NO_TABLES`, `NEWER_VERSION`, and what the store's own opener throws
 */
export async function openDatabase(given: string): Promise<SqliteStore> {
  const path = readUrl(given)
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
  throw new BusError('BAD_URL', `open the database: ${why}; give sqlite:<path>, or the path of the file`)
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
