/** Opens a database file so that it is there after a power loss: folder, file and write-ahead log included. */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import type { Connection, connect } from './connection.ts'
import { fileError, isBusy } from './failures.ts'

export interface OpenFile {
  readonly path: string
  readonly writer: Connection
  readonly reader: Connection
  /**
   * Of the write-ahead log, to sync it by: as many as there may be syncs in flight. Each has its own, as the system tells
   * a failed write once to each.
   */
  readonly logFds: readonly number[]
}

/** @throws BusError `FILE_UNUSABLE`, `FILE_CORRUPT`, `FILE_LOCKED`, `DISK_FULL` */
export async function openFile(open: typeof connect, given: string, lockMs: number): Promise<OpenFile> {
  const path = resolve(given)
  try {
    makeFolder(dirname(path))
    const writer = await patiently(lockMs, () => connectWriter(open, path))
    try {
      return openBeside(open, path, writer)
    } catch (error) {
      writer.close()
      throw error
    }
  } catch (error) {
    throw error instanceof BusError ? error : fileError(path, error)
  }
}

function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true })
  // Each folder that was made is an entry in its parent.
  for (let made = folder; first !== undefined && made.length >= first.length; made = dirname(made))
    syncFolder(dirname(made))
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return // folders cannot be opened there
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

async function patiently<R>(lockMs: number, open: () => R): Promise<R> {
  const since = performance.now()
  for (;;) {
    try {
      return open()
    } catch (error) {
      if (!isBusy(error) || performance.now() - since >= lockMs) throw error
    }
    await setTimeout(5 + Math.random() * 10)
  }
}

function connectWriter(open: typeof connect, path: string): Connection {
  const connection = open(path, { readOnly: false })
  try {
    prepareFile(path, connection)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function prepareFile(path: string, { db }: Connection): void {
  // What makes the file is synced by SQLite itself; commits afterwards are synced by us, off this thread.
  db.exec('PRAGMA synchronous = FULL')
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode
  if (mode !== 'wal') {
    throw new BusError('FILE_UNUSABLE', `open ${path}: its file system has no write-ahead log (mode ${String(mode)})`)
  }
  db.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
  db.prepare('SELECT count(*) FROM sqlite_schema').get() // from here on the log exists, as long as we are connected
}

function openBeside(open: typeof connect, path: string, writer: Connection): OpenFile {
  const real = writer.db.location() ?? path
  const reader = open(real, { readOnly: true })
  try {
    syncFolder(dirname(real))
    return { path: real, writer, reader, logFds: [1, 2].map(() => openSync(`${real}-wal`, 'r+')) }
  } catch (error) {
    reader.close()
    throw error
  }
}

/** Lets go of the file. Sound: no sync of it has failed. */
export function closeFile({ writer, reader, logFds }: OpenFile, sound: boolean): void {
  for (const fd of logFds) closeSync(fd)
  // The last connection that closes writes the log into the database. After a failed sync nobody knows what the disk
  // holds of it, so then the reader closes last: it cannot write.
  for (const connection of sound ? [reader, writer] : [writer, reader]) connection.close()
}
