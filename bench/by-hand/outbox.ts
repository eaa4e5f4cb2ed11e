/** The producing side by hand: an order and its outbox row in one transaction, and a relay that sends the rows on. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyOf, type Payload } from '../harness/messages.ts'
import { type Broker, type Message, toMessage } from './broker.ts'
import { openDatabase, transaction } from './database.ts'

export interface Outbox {
  /** Writes the order and the message about it, in a transaction of its own. */
  place(order: Payload): void
  /** The oldest messages behind the position, at most so many. */
  waiting(behind: number, limit: number): readonly Message[]
  /** Forgets the messages from one position to another, in one transaction. */
  forget(first: number, last: number): void
  close(): void
}

export function openOutbox(path: string): Outbox {
  const db = openDatabase(
    path,
    `CREATE TABLE orders (n INTEGER NOT NULL, customer TEXT NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL);
     CREATE TABLE outbox (pos INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, key TEXT NOT NULL,
       headers TEXT NOT NULL, body TEXT NOT NULL)`,
  )
  const order = db.prepare('INSERT INTO orders (n, customer, at, note) VALUES (?, ?, ?, ?)')
  const add = db.prepare('INSERT INTO outbox (id, key, headers, body) VALUES (?, ?, ?, ?)')
  const select = db.prepare('SELECT pos, id, key, headers, body FROM outbox WHERE pos > ? ORDER BY pos LIMIT ?')
  const remove = db.prepare('DELETE FROM outbox WHERE pos BETWEEN ? AND ?')

  return {
    place(placed) {
      const id = randomUUID()
      const headers = JSON.stringify(headersOf(id))
      transaction(db, () => {
        order.run(placed.n, placed.customer, placed.at, placed.note)
        add.run(id, keyOf(placed.n), headers, JSON.stringify(placed))
      })
    },
    waiting: (behind, limit) => select.all(behind, limit).map(toMessage),
    forget: (first, last) => transaction(db, () => void remove.run(first, last)),
    close: () => db.close(),
  }
}

/** How many rows the relay reads at once. */
const inFlight = 200

/** Sends what is committed, until the signal aborts: `perCommit` rows are published, and forgotten, in one commit. */
export async function relay(outbox: Outbox, broker: Broker, perCommit: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rows = outbox.waiting(0, inFlight)
    for (let i = 0; i < rows.length; i += perCommit) {
      const some = rows.slice(i, i + perCommit)
      broker.publish(some)
      outbox.forget(some[0]?.pos ?? 0, some.at(-1)?.pos ?? 0)
    }
    await sleep(rows.length === 0 ? 5 : 0)
  }
}

function headersOf(id: string): Record<string, string> {
  return {
    id,
    source: 'shop',
    type: 'order.placed',
    time: new Date().toISOString(),
    'content-type': 'application/json',
  }
}
