/** The broker's file: opening it, its tables, one transaction at a time, and what its errors mean. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Code } from '@vestnik/bus/errors'
import type { Fault } from './protocol.ts'

/** Rises when older programs could not keep their promises on the file. */
export const fileVersion = 1

/** Marks a file as a broker's: `Vstk`. */
const applicationId = 0x5673746b

/** An error with a code, on its way to the main thread. */
export class FileFault extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault.text)
    this.fault = fault
  }
}

/** Rows as arrays: they are read 2.7 times faster than objects. */
export type Cell = number | string | Uint8Array | null

export interface BrokerFile {
  readonly db: DatabaseSync
  /** A statement that is prepared once. */
  run(sql: string, ...values: SQLInputValue[]): number
  rows(sql: string, ...values: SQLInputValue[]): Cell[][]
  /** The first column of the first row, as a number; undefined when there is none or it is NULL. */
  number(sql: string, ...values: SQLInputValue[]): number | undefined
  /**
   * Runs the work in a write transaction and commits. With `durable` it is on the disk when it resolves, else it is
   * safe from a killed process, but not from a power cut. When it rejects, nothing of it is known to be stored.
   */
  write<R>(attempt: string, durable: boolean, work: () => R): Promise<R>
  close(): void
}

const schema = `
create table meta (name text primary key, value integer not null) without rowid;
create table topic (no integer primary key, name text not null unique, partitions integer not null);
create table grp (
  no integer primary key, topic integer not null, name text not null, ordering text not null, unique (topic, name)
);
create table member (
  no integer primary key autoincrement, grp integer not null, until integer not null, lease integer not null,
  leaving integer not null default 0
);
create table shard (
  grp integer not null, shard integer not null, topic integer not null, owner integer not null default 0,
  epoch integer not null default 0, low integer not null, high integer not null, open blob not null default x'',
  primary key (grp, shard)
) without rowid;
create table aside (
  grp integer not null, shard integer not null, id integer not null, lane text not null, handed_out integer not null,
  message blob not null, primary key (grp, shard, id)
) without rowid;
create index aside_lane on aside (grp, shard, lane, id);
insert into meta values ('version', ${fileVersion}), ('changes', 1);
pragma application_id = ${applicationId};
`

/** Opens the file, and makes it with its folder where it is missing. @throws FileFault */
export async function openFile(
  path: string,
  lockMs: number,
  onLocked: (fault: Fault) => void = () => {},
): Promise<BrokerFile> {
  const opening = `open broker file ${path}`
  let db: DatabaseSync
  try {
    mkdirSync(dirname(path), { recursive: true })
    db = new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw new FileFault(faultOf(error, opening))
  }
  try {
    await waiting(opening, lockMs, () => prepareFile(db, path))
  } catch (error) {
    db.close()
    throw error instanceof FileFault ? error : new FileFault(faultOf(error, opening))
  }
  return brokerFile(db, path, lockMs, onLocked)
}

function prepareFile(db: DatabaseSync, path: string): void {
  const tables = numberOf(db, 'select count(*) from sqlite_master')
  const id = numberOf(db, 'pragma application_id')
  if (tables > 0 && id !== applicationId) {
    throw new FileFault({ code: 'FILE_UNUSABLE', text: `open broker file ${path}: it is another program's database` })
  }
  if (tables === 0) {
    // Both must be set before there are tables, and outside a transaction.
    db.exec('pragma auto_vacuum = incremental')
    db.exec('pragma journal_mode = wal')
    makeTables(db)
  }
  checkVersion(db, path)
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 1000')
  db.exec('pragma journal_size_limit = 16777216; pragma temp_store = memory; pragma cache_size = -8000')
}

function makeTables(db: DatabaseSync): void {
  db.exec('begin immediate')
  try {
    // Another process may have made them meanwhile.
    if (numberOf(db, 'select count(*) from sqlite_master') === 0) db.exec(schema)
    db.exec('commit')
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

/** @throws FileFault `NEWER_VERSION` */
export function checkVersion(db: DatabaseSync, path: string): void {
  const version = numberOf(db, "select value from meta where name = 'version'")
  if (version <= fileVersion) return
  const text = `open broker file ${path}: it has version ${version}, this program knows versions up to ${fileVersion}`
  throw new FileFault({ code: 'NEWER_VERSION', text })
}

function numberOf(db: DatabaseSync, sql: string): number {
  const row = db.prepare(sql).get()
  return Number(row ? Object.values(row)[0] : 0)
}

function brokerFile(db: DatabaseSync, path: string, lockMs: number, onLocked: (fault: Fault) => void): BrokerFile {
  const statements = new Map<string, StatementSync>()
  let durableNow = true
  let freeSince = 0
  let took = 0

  // On a slow disk the lock is held nearly all the time: those who wait for it must find it free now and then.
  function giveWay(): void {
    const rest = freeSince + Math.min(0.5, took / 20) - performance.now()
    if (rest > 0.05) Atomics.wait(nobody, 0, 0, rest)
  }

  function statement(sql: string): StatementSync {
    let known = statements.get(sql)
    if (!known) {
      known = db.prepare(sql)
      known.setReturnArrays(true)
      statements.set(sql, known)
    }
    return known
  }

  function finish(attempt: string): void {
    try {
      statement('commit').run()
    } catch (error) {
      const fault = faultOf(error, attempt)
      // A full disk stops the write of the last frame, without which nothing of it counts. After any other error,
      // a failed sync say, the frames may be found by a later recovery.
      const certain = codeNumber(error) === sqlite.full || isBusy(error)
      throw new FileFault(certain ? fault : { ...fault, text: `${fault.text} (nobody knows whether it is stored)` })
    }
  }

  return {
    db,
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    // The driver answers arrays, but its types speak of objects.
    rows: (sql, ...values) => statement(sql).all(...values) as unknown as Cell[][],
    number(sql, ...values) {
      const row = statement(sql).get(...values) as unknown as Cell[] | undefined
      return typeof row?.[0] === 'number' ? row[0] : undefined
    },
    async write(attempt, durable, work) {
      const at = `${attempt} in broker file ${path}`
      if (durable !== durableNow) {
        db.exec(durable ? 'pragma synchronous = full' : 'pragma synchronous = normal')
        durableNow = durable
      }
      giveWay()
      await waiting(at, lockMs, () => statement('begin immediate').run(), onLocked)
      const start = performance.now()
      try {
        const result = work()
        finish(at)
        freeSince = performance.now()
        took = freeSince - start
        return result
      } catch (error) {
        if (db.isTransaction) db.exec('rollback')
        throw error instanceof FileFault ? error : new FileFault(faultOf(error, at))
      }
    },
    close() {
      statements.clear()
      db.close()
    },
  }
}

/**
 * Tries until nobody else holds the lock. SQLite's own waiting is unfair (one of four writers got nothing in half of
 * the runs); short pauses with jitter share it out evenly.
 */
async function waiting<R>(
  attempt: string,
  lockMs: number,
  work: () => R,
  onLocked: (fault: Fault) => void = () => {},
): Promise<R> {
  const start = Date.now()
  for (let tries = 0, told = false; ; tries += 1) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw error
      const waited = Date.now() - start
      const fault = { code: 'FILE_LOCKED', text: `${attempt}: another process keeps it locked (${waited} ms)` } as const
      if (waited >= lockMs) throw new FileFault(fault)
      if (waited >= tellMs && !told) onLocked(fault)
      told ||= waited >= tellMs
    }
    // A timer cannot wait less than a millisecond. After a while, let the thread hear its messages.
    if (tries % 50 === 49) await sleep(1)
    else Atomics.wait(nobody, 0, 0, 0.15 + Math.random() * 0.3)
  }
}

/** A wait that is longer than this is told. */
const tellMs = 250

const nobody = new Int32Array(new SharedArrayBuffer(4))

const sqlite = { busy: 5, locked: 6, readonly: 8, io: 10, corrupt: 11, full: 13, cantOpen: 14, protocol: 15, notDb: 26 }

function codeNumber(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
  return code & 0xff
}

function isBusy(error: unknown): boolean {
  const code = codeNumber(error)
  return code === sqlite.busy || code === sqlite.locked || code === sqlite.protocol
}

/** What an error of SQLite or of the file system means to the caller. */
export function faultOf(error: unknown, attempt: string): Fault {
  if (error instanceof FileFault) return error.fault
  const reason = error instanceof Error ? error.message : String(error)
  return { code: codeOf(error), text: `${attempt}: ${reason}` }
}

function codeOf(error: unknown): Code {
  const number = codeNumber(error)
  if (number === sqlite.full) return 'DISK_FULL'
  if (number === sqlite.corrupt || number === sqlite.notDb) return 'FILE_CORRUPT'
  if (isBusy(error)) return 'FILE_LOCKED'
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return 'DISK_FULL'
  return 'FILE_UNUSABLE'
}
