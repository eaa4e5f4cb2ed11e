/** A service's own database in one SQLite file (or in memory): shared commits, snapshots, watches. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { closeSync, fdatasyncSync } from 'node:fs'
import { BusError } from '@vestnik/bus/errors'
import type { Store, Tx } from '@vestnik/bus/store'
import { shareCommits } from './commits.ts'
import { connect } from './connection.ts'
import { noDurability, syncs } from './durability.ts'
import { openFile } from './open-file.ts'
import { snapshots } from './reads.ts'
import { watching } from './watches.ts'
import type { Job, Running } from './work.ts'

export interface SqliteStore extends Store<Tx>, AsyncDisposable {}

export interface SqliteStoreOptions {
  /** How often commits of other processes are looked for while someone watches. @default 100 */
  readonly pollMs?: number
}

const limits = { works: 200, commitMs: 5, workMs: 1000, lockMs: 900 }

/**
 * Opens the store, and makes folder and file where they are missing. `':memory:'` keeps all of it in memory: nothing
 * is synced, and a read waits for the works before it.
 * @throws BusError `FILE_UNUSABLE`, `FILE_CORRUPT`, `FILE_LOCKED`, `DISK_FULL`
 */
export async function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
  const inside = new AsyncLocalStorage<Running>()
  const memory = path === ':memory:'
  const file = memory ? undefined : await openFile(path, limits.lockMs)
  const writer = file?.writer ?? connect(':memory:', { readOnly: false })
  const version = writer.db.prepare('PRAGMA data_version')
  const foreign = (): number => Number(version.get()?.data_version)
  const watches = watching(foreign, options.pollMs ?? 100)
  const durability = file ? syncs(file.fd, foreign, broken) : noDurability
  const commits = shareCommits({
    ...limits,
    path,
    connection: writer,
    inside,
    durability,
    between: () => undefined,
    changed: watches.wake,
    broken,
  })
  const reads = file && snapshots({ ...limits, path, connection: file.reader, inside, durability, closed: closedBy })
  let failure: unknown
  let closing: Promise<void> | undefined

  function broken(error: unknown): void {
    failure = error
    commits.stop(closedBy(error))
    void close()
  }

  function closedBy(cause: unknown): BusError {
    const why = cause === undefined ? 'it is closed' : 'it closed itself, as a write could not be synced'
    return new BusError('STORE_CLOSED', `transaction on ${path}: ${why}`, { cause })
  }

  function ask<R>(work: (tx: Tx) => Promise<R>, add: (job: Job) => void, alone: boolean): Promise<R> {
    if (closing) return Promise.reject(closedBy(failure))
    if (inside.getStore()?.live) return Promise.reject(nested(path))
    return new Promise<unknown>((resolve, reject) => {
      add({ work, context: AsyncLocalStorage.snapshot(), resolve, reject, at: performance.now(), alone })
    }) as Promise<R>
  }

  function close(): Promise<void> {
    closing ??= end()
    return closing
  }

  async function end(): Promise<void> {
    await commits.idle()
    await reads?.idle()
    watches.close()
    if (file && failure === undefined) {
      fdatasyncSync(file.fd)
      file.reader.close()
    }
    writer.close()
    // After a failed sync the log must not be written into the database: as long as a reader is open, it is not.
    if (file && failure !== undefined) file.reader.close()
    if (file) closeSync(file.fd)
  }

  return {
    dialect: 'sqlite',
    transaction: (work) => ask(work, commits.add, false),
    read: (work) => (reads ? ask(work, reads.add, false) : ask(work, commits.add, true)),
    watch: watches.add,
    close,
    [Symbol.asyncDispose]: close,
  }
}

const nested = (path: string): BusError =>
  new BusError('TX_NESTED', `transaction on ${path}: it was asked for inside a work of the same store; use its tx`)
