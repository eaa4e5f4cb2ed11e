/** A broker by hand: one table in a file that both processes open. */
import type { SQLOutputValue } from 'node:sqlite'
import { openDatabase, transaction } from './database.ts'

export interface Broker {
  /** Durable when it returns. */
  publish(messages: readonly Message[]): void
  /** The oldest messages, at most so many. */
  take(limit: number): readonly Message[]
  /** Forgets the message at the position and all before it. */
  forget(pos: number): void
  close(): void
}

export interface Message {
  readonly pos: number
  readonly id: string
  readonly key: string
  readonly headers: string
  readonly body: string
}

export function openBroker(path: string): Broker {
  const db = openDatabase(
    path,
    `CREATE TABLE IF NOT EXISTS messages (pos INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, key TEXT NOT NULL,
      headers TEXT NOT NULL, body TEXT NOT NULL)`,
  )
  const insert = db.prepare('INSERT INTO messages (id, key, headers, body) VALUES (?, ?, ?, ?)')
  const select = db.prepare('SELECT pos, id, key, headers, body FROM messages ORDER BY pos LIMIT ?')
  const remove = db.prepare('DELETE FROM messages WHERE pos <= ?')
  return {
    publish: (messages) =>
      transaction(db, () => {
        for (const { id, key, headers, body } of messages) insert.run(id, key, headers, body)
      }),
    take: (limit) => select.all(limit).map(toMessage),
    forget: (pos) => transaction(db, () => void remove.run(pos)),
    close: () => db.close(),
  }
}

export function toMessage(row: Record<string, SQLOutputValue>): Message {
  const { pos, id, key, headers, body } = row
  return { pos: Number(pos), id: String(id), key: String(key), headers: String(headers), body: String(body) }
}
