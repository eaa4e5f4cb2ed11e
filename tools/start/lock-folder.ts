/** One `npm start` for a data folder: two of them would run two processes of each service on one database. */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BusError } from '@vestnik/bus/errors'

/**
 * Holds until it is disposed of or the process ends, however that ends. The folder must be there.
 * @throws BusError `BAD_CONFIG` when another process holds it, `FILE_UNUSABLE` when the file cannot be locked
 */
export function lockFolder(folder: string): Disposable {
  const file = join(folder, 'start.lock')
  let database: DatabaseSync | undefined
  try {
    // For this user alone, as SQLite would not make it.
    closeSync(openSync(file, 'a', 0o600))
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    throw isBusy(error) ? inUse(folder, error) : unusable(file, error)
  }
}

const sqliteBusy = 5

const isBusy = (error: unknown): error is Error =>
  error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy

function inUse(folder: string, cause: Error): BusError {
  const why = 'another npm start runs on it; end that one, or name a folder of its own'
  return new BusError('BAD_CONFIG', `DATA_DIR is "${folder}": ${why}`, { cause })
}

function unusable(file: string, cause: unknown): BusError {
  return new BusError('FILE_UNUSABLE', `lock ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause })
}
