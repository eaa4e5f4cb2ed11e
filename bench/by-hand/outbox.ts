/** The producing side by hand: an order and its outbox row in one transaction, and a relay that sends the rows on. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyOf, type Payload } from '../harness/messages.ts'
import { type Broker, toMessage } from './broker.ts'
import { openDatabase, transaction } from './database.ts'

export interface Outbox {
  /** Writes the order and the message about it, in a transaction of its own. */
  place(order: Payload): void
  /** Sends what is committed, until the signal aborts. */
  relay(signal: AbortSignal): Promise<void>
  close(): void
}

/** How many rows the relay reads at once. */
const inFlight = 200

/** `perCommit`: how many rows the relay publishes, and forgets, in one commit. */
export function openOutbox(path: string, broker: Broker, perCommit: number): Outbox {
  const db = openDatabase(
    path,
    `CREATE TABLE orders (n INTEGER NOT NULL, customer TEXT NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL);
     CREATE TABLE outbox (pos INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, key TEXT NOT NULL,
       headers TEXT NOT NULL, body TEXT NOT NULL)`,
  )
  const order = db.prepare('INSERT INTO orders (n, customer, at, note) VALUES (?, ?, ?, ?)')
  const add = db.prepare('INSERT INTO outbox (id, key, headers, body) VALUES (?, ?, ?, ?)')
  const select = db.prepare('SELECT pos, id, key, headers, body FROM outbox ORDER BY pos LIMIT ?')
  const remove = db.prepare('DELETE FROM outbox WHERE pos <= ?')

  /** Publishes the oldest rows, then forgets them; answers how many there were. */
  function relayOnce(): number {
    const rows = select.all(inFlight).map(toMessage)
    for (let i = 0; i < rows.length; i += perCommit) {
      const some = rows.slice(i, i + perCommit)
      broker.publish(some)
      const last = some.at(-1)?.pos ?? 0
      transaction(db, () => void remove.run(last))
    }
    return rows.length
  }

  return {
    place(placed) {
      const id = randomUUID()
      const headers = JSON.stringify(headersOf(id))
      transaction(db, () => {
        order.run(placed.n, placed.customer, placed.at, placed.note)
        add.run(id, keyOf(placed.n), headers, JSON.stringify(placed))
      })
    },
    async relay(signal) {
      while (!signal.aborted) await sleep(relayOnce() === 0 ? 5 : 0)
    },
    close: () => db.close(),
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
