/** A service's own database in one SQLite file (or in memory): shared commits, snapshots, watches. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { fdatasync } from 'node:fs'
import { BusError } from '@vestnik/bus/errors'
import type { Store, Tx } from '@vestnik/bus/store'
import { checkpoints } from './checkpoints.ts'
import { shareCommits } from './commits.ts'
import { connect } from './connection.ts'
import { noDurability, type SyncLog, syncs } from './durability.ts'
import { closeFile, openFile } from './open-file.ts'
import { type SqliteStoreOptions, whole } from './options.ts'
import { snapshots } from './reads.ts'
import { watching } from './watches.ts'
import type { Job, Outcome, Running } from './work.ts'

export interface SqliteStore extends Store<Tx>, AsyncDisposable {}

const limits = { works: 200, commitMs: 5, workMs: 1000, lockMs: 900 }

/**
 * Opens the store, and makes folder and file where they are missing. `':memory:'` keeps all of it in memory: nothing is
 * synced, and a read waits for the work that runs.
 * @throws BusError `BAD_OPTION`, `FILE_UNUSABLE`, `FILE_CORRUPT`, `FILE_LOCKED`, `DISK_FULL`
 */
export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
  return openStoreOn({ connect, fdatasync }, path, options)
}

/** What a store needs of the machine. Tests give it one that fails. */
export interface Machine {
  readonly connect: typeof connect
  readonly fdatasync: (fd: number, done: (error?: Error | null) => void) => void
}

export async function openStoreOn(
  machine: Machine,
  path: string,
  options: SqliteStoreOptions = {},
): Promise<SqliteStore> {
  const { pollMs, checkpointPages } = whole(path, options)
  const inside = new AsyncLocalStorage<Running>()
  const file = path === ':memory:' ? undefined : await openFile(machine.connect, path, limits.lockMs)
  const writer = file?.writer ?? connect(path, { readOnly: false })
  const version = writer.db.prepare('PRAGMA data_version')
  const lanes = file?.logFds.map(
    (fd): SyncLog =>
      (done) =>
        machine.fdatasync(fd, done),
  )
  const durability = lanes ? syncs(lanes, foreign, broken) : noDurability
  const watches = watching(foreign, pollMs)
  const log = file && checkpoints(writer, file.path, checkpointPages)
  const parts = { ...limits, path, inside, durability, broken, closed: closedBy, changed: watches.wake }
  const commits = shareCommits({ ...parts, connection: writer, turn: () => log?.turn() })
  const read = file && snapshots({ ...parts, connection: file.reader })
  let unsettled = 0
  let settledAll: (() => void) | undefined
  let failure: unknown
  let closing: Promise<void> | undefined

  function ask<R>(work: (tx: Tx) => Promise<R>, readOnly: boolean): Promise<R> {
    if (closing) return Promise.reject(closedBy(failure))
    if (inside.getStore()?.live) return Promise.reject(nested(path))
    return new Promise<unknown>((resolve, reject) => {
      const settle = ({ ok, value }: Outcome): void => {
        if (ok) resolve(value)
        else reject(value)
        unsettled -= 1
        if (unsettled === 0) settledAll?.()
      }
      unsettled += 1
      const job: Job = {
        work,
        context: AsyncLocalStorage.snapshot(),
        settle,
        at: performance.now(),
        readOnly,
        alone: readOnly,
      }
      if (readOnly && read) read(job)
      else commits.add(job)
    }) as Promise<R>
  }

  function foreign(): number {
    try {
      return Number(version.get()?.data_version)
    } catch {
      return Number.NaN // not known now: it equals nothing, so a sync is made
    }
  }

  function broken(error: unknown): void {
    failure = error
    closing ??= end()
    closing.catch(() => {}) // whoever calls close() is told
    commits.stop(closedBy(error))
  }

  function closedBy(cause: unknown): BusError {
    const why = cause === undefined ? 'it is closed' : 'it closed itself, as a write could not be synced'
    return new BusError('STORE_CLOSED', `transaction on ${path}: ${why}`, { cause })
  }

  async function end(): Promise<void> {
    if (unsettled > 0) await new Promise<void>((resolve) => (settledAll = resolve))
    watches.close()
    await log?.close()
    if (file) closeFile(file, failure === undefined)
    else writer.close()
  }

  const close = (): Promise<void> => (closing ??= end())
  return {
    dialect: 'sqlite',
    transaction: (work) => ask(work, false),
    read: (work) => ask(work, true),
    watch: watches.add,
    close,
    [Symbol.asyncDispose]: close,
  }
}

const nested = (path: string): BusError =>
  new BusError('TX_NESTED', `transaction on ${path}: it was asked for inside a work of the same store; use its tx`)
