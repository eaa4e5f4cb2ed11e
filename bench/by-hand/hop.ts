/** One hop by hand: a commit into a SQLite file, and a touch of a file beside it that wakes whoever watches. */
import { closeSync, openSync, watch, writeSync } from 'node:fs'
import { openDatabase, transaction } from './database.ts'

export interface Hop {
  /** Commits the values durably, then wakes the readers. */
  send(values: readonly number[]): void
  /** Calls `received` with all values that were not read before, at each wake. */
  receive(received: (values: readonly number[]) => void): void
  close(): void
}

export function openHop(path: string): Hop {
  const db = openDatabase(path, 'CREATE TABLE IF NOT EXISTS hops (pos INTEGER PRIMARY KEY, value REAL NOT NULL)')
  const insert = db.prepare('INSERT INTO hops (value) VALUES (?)')
  const select = db.prepare('SELECT pos, value FROM hops WHERE pos > ? ORDER BY pos')
  const bell = openSync(`${path}.bell`, 'a')
  let last = 0
  let stop = (): void => undefined

  function read(): number[] {
    const rows = select.all(last)
    last = Number(rows.at(-1)?.pos ?? last)
    return rows.map(({ value }) => Number(value))
  }

  return {
    send(values) {
      transaction(db, () => {
        for (const value of values) insert.run(value)
      })
      writeSync(bell, '.')
    },
    receive(received) {
      const watcher = watch(`${path}.bell`, () => {
        const values = read()
        if (values.length > 0) received(values)
      })
      stop = () => watcher.close()
    },
    close() {
      stop()
      closeSync(bell)
      db.close()
    },
  }
}
