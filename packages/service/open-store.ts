/** From a URL to a service's own database. */
import { dirname, resolve } from 'node:path'
import { BusError } from '@vestnik/bus/errors'
import type { Store } from '@vestnik/bus/store'
import { makeFolder } from './data-folder.ts'

export type ServiceStore = Store & AsyncDisposable

/**
 * Opens the database of `sqlite:<path>`, and makes its folder if that is missing.
 * @throws BusError `BAD_URL`, `FILE_UNUSABLE`, `FILE_CORRUPT`, `NEWER_VERSION`
 */
export async function openStore(url: string): Promise<ServiceStore> {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1]
  if (path === undefined) throw new BusError('BAD_URL', 'open the database: its URL must be sqlite:<path>')
  await makeFolder(dirname(resolve(path)))
  const { openSqliteStore } = await import('@vestnik/store-sqlite')
  return await openSqliteStore(path)
}
