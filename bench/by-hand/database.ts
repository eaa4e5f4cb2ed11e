/** A SQLite file as a careful developer opens it: write-ahead log, every commit synced, a patient busy timeout. */
import { DatabaseSync } from 'node:sqlite'

export function openDatabase(path: string, schema: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 10_000 })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec(schema)
  return db
}

/** Runs the work in a transaction of its own, durable when this returns. */
export function transaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
