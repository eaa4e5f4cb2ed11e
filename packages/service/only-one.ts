/** Work at start that only one process does at a time, of all that share a database. */
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@vestnik/bus/errors'
import type { Store, Tx } from '@vestnik/bus/store'

/** How long a process waits for another one, or for a server that has much to do. */
const patienceMs = 30_000
const againMs = 100

/** Runs the work in a transaction, while no other process runs work of that name; who comes second waits. */
export async function onlyOne<R>(store: Store, name: string, work: (tx: Tx) => Promise<R>): Promise<R> {
  for (const until = performance.now() + patienceMs; ; ) {
    try {
      return await store.transaction(async (tx) => {
        // In SQLite a transaction has the whole file for itself.
        if (store.dialect === 'postgres') {
          await tx.query("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' ' || ?, 0))", [name])
        }
        return await work(tx)
      })
    } catch (error) {
      if (!hasCode(error, 'LOCK_TIMEOUT', 'TX_TOO_SLOW') || performance.now() > until) throw error
    }
    await sleep(againMs)
  }
}
