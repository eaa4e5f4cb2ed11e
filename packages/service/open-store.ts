/** From a URL to a service's own database. */
import { dirname, resolve } from 'node:path'
import { BusError } from '@vestnik/bus/errors'
import type { Store } from '@vestnik/bus/store'
import { readUrl } from '@vestnik/store-postgres/url'
import { makeFolder } from './data-folder.ts'
import { isPostgres } from './database-url.ts'
import { withQuestionMarks } from './question-marks.ts'

export type ServiceStore = Store & AsyncDisposable

/**
 * Opens the database of `sqlite:<path>`, and makes its folder if that is missing, or of `postgres://…`, and makes there
 * the schema of the service's name, unless the URL says another. Statements have `?` for their values on both.
 * @throws BusError `BAD_URL`, of SQLite `FILE_UNUSABLE`, `FILE_CORRUPT`, `NEWER_VERSION`, of PostgreSQL
 * `DATABASE_REFUSED` for what waiting cannot mend, `DATABASE_UNREACHABLE`
 */
export async function openStore(url: string, service: string): Promise<ServiceStore> {
  if (isPostgres(url)) return withQuestionMarks(await openPostgres(url, service))
  const path = /^sqlite:(.+)$/s.exec(url)?.[1]
  if (path === undefined) {
    throw new BusError('BAD_URL', 'open the database: its URL must be sqlite:<path> or postgres://…')
  }
  await makeFolder(dirname(resolve(path)))
  const { openSqliteStore } = await import('@vestnik/store-sqlite')
  return await openSqliteStore(path)
}

async function openPostgres(url: string, service: string): Promise<ServiceStore> {
  const { schema = service.replaceAll('-', '_') } = readUrl(url)
  const { openPostgresStore } = await import('@vestnik/store-postgres')
  return await openPostgresStore(url, { schema })
}
