/** What an insert of a message costs SQLite at least: one table with the columns of a log, one prepared statement. */
import { DatabaseSync } from 'node:sqlite'
import type { Outgoing } from '@vestnik/bus/transport'

export interface RawLog {
  /** Inserts the rows in one durable commit. */
  insert(rows: readonly RawRow[]): void
  close(): void
}

export type RawRow = readonly [shard: number, key: string, id: string, headers: string, body: Uint8Array, time: number]

export function openRawLog(path: string): RawLog {
  const db = new DatabaseSync(path)
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE log (pos INTEGER PRIMARY KEY AUTOINCREMENT, shard INTEGER NOT NULL, key TEXT, id TEXT NOT NULL,
      headers TEXT NOT NULL, body BLOB NOT NULL, time INTEGER NOT NULL)`)
  const insert = db.prepare('INSERT INTO log (shard, key, id, headers, body, time) VALUES (?, ?, ?, ?, ?, ?)')
  return {
    insert(rows) {
      db.exec('BEGIN IMMEDIATE')
      for (const row of rows) insert.run(...row)
      db.exec('COMMIT')
    },
    close: () => db.close(),
  }
}

/** The same bytes as the message, encoded beforehand. */
export function rawRow(message: Outgoing, n: number): RawRow {
  return [n % 16, message.key ?? '', message.id, JSON.stringify(message.headers), message.body, 1_750_000_000_000 + n]
}
