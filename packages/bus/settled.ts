/** Settled: everything in the outbox has left it, and what this bus handles itself has been handled or is dead. */
import type { Engine } from './engine.ts'
import type { Outbox } from './outbox.ts'

const firstLookMs = 5
const longestLookMs = 200

/** Resolves when the tables say so: other processes of the service may have done the handling. */
export async function waitSettled(engine: Engine, outbox: Outbox): Promise<void> {
  const { store, ports } = engine
  for (let lookMs = firstLookMs; !(await isSettled()); lookMs = Math.min(longestLookMs, lookMs * 2)) {
    await ports.sleep(lookMs)
  }

  async function isSettled(): Promise<boolean> {
    const { tracker, service, sql } = engine
    return store.read(async (tx) => {
      if ((await outbox.look(tx)) !== 'nothing') return false
      for (const owed of tracker.open()) {
        const [row] = await tx.query(
          ...sql`SELECT state FROM vestnik_inbox WHERE topic = ${owed.topic}
          AND grp = ${owed.group} AND source = ${service} AND id = ${owed.id}`,
        )
        if (row === undefined || row.state === 'held') return false
        tracker.ended(owed)
      }
      return true
    })
  }
}
