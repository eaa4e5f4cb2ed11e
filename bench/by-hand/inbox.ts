/** The reading side by hand: a message's mark and what it changes in one transaction, so that it counts once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { order } from '../harness/orders.ts'
import type { Broker, Message } from './broker.ts'
import { openDatabase, transaction } from './database.ts'

export interface Inbox {
  /** Durable when it returns. */
  handle(id: string, body: string): void
  close(): void
}

export function openInbox(path: string): Inbox {
  const db = openDatabase(
    path,
    `CREATE TABLE bills (n INTEGER NOT NULL, customer TEXT NOT NULL, at INTEGER NOT NULL);
     CREATE TABLE inbox (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID`,
  )
  const mark = db.prepare('INSERT INTO inbox (id, at) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const bill = db.prepare('INSERT INTO bills (n, customer, at) VALUES (?, ?, ?)')

  return {
    handle(id, body) {
      const { n, customer, at } = order.parse(JSON.parse(body))
      transaction(db, () => {
        if (mark.run(id, Date.now()).changes === 1) bill.run(n, customer, at)
      })
    },
    close: () => db.close(),
  }
}

/** How many messages are handled at once. */
const concurrency = 200

/**
 * Reads the broker until the signal aborts, and calls `applied` for each message that took effect. The broker forgets
 * `perCommit` handled messages in one commit.
 */
export async function read(
  inbox: Inbox,
  broker: Broker,
  perCommit: number,
  applied: () => void,
  signal: AbortSignal,
): Promise<void> {
  const handle = async ({ id, body }: Message) => inbox.handle(id, body)
  while (!signal.aborted) {
    const messages = broker.take(concurrency)
    await Promise.all(messages.map((message) => handle(message).then(applied)))
    const ends = messages.filter((_, i) => i % perCommit === perCommit - 1 || i === messages.length - 1)
    for (const { pos } of ends) broker.forget(pos)
    await sleep(ends.length === 0 ? 5 : 0)
  }
}
