/** The reading side by hand: a message's mark and what it changes in one transaction, so that it counts once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Broker, Message } from './broker.ts'
import { openDatabase, transaction } from './database.ts'

export interface Inbox {
  /** Reads the broker until the signal aborts, and calls `applied` for each message that took effect. */
  read(broker: Broker, applied: () => void, signal: AbortSignal): Promise<void>
  close(): void
}

const payload = z.object({ n: z.int(), customer: z.string(), at: z.int(), note: z.string() })

/** How many messages are handled at once. */
const concurrency = 200

/** `perCommit`: how many handled messages the broker forgets in one commit. */
export function openInbox(path: string, perCommit: number): Inbox {
  const db = openDatabase(
    path,
    `CREATE TABLE bills (n INTEGER NOT NULL, customer TEXT NOT NULL, at INTEGER NOT NULL);
     CREATE TABLE inbox (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID`,
  )
  const mark = db.prepare('INSERT INTO inbox (id, at) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const bill = db.prepare('INSERT INTO bills (n, customer, at) VALUES (?, ?, ?)')

  async function handle(message: Message): Promise<void> {
    const { n, customer, at } = payload.parse(JSON.parse(message.body))
    transaction(db, () => {
      if (mark.run(message.id, Date.now()).changes === 1) bill.run(n, customer, at)
    })
  }

  return {
    async read(broker, applied, signal) {
      while (!signal.aborted) {
        const messages = broker.take(concurrency)
        await Promise.all(messages.map((message) => handle(message).then(applied)))
        const ends = messages.filter((_, i) => i % perCommit === perCommit - 1 || i === messages.length - 1)
        for (const { pos } of ends) broker.forget(pos)
        await sleep(ends.length === 0 ? 5 : 0)
      }
    },
    close: () => db.close(),
  }
}
