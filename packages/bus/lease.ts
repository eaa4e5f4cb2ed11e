/** A lease: one process at a time does a thing, and another takes over soon after it dies. */
import type { Sql } from './sql.ts'
import type { Tx } from './store.ts'

export interface Lease {
  /** Until when another holds it; 0 when none does. Locks nothing, so that it wakes nobody. */
  takenUntil(tx: Tx, now: number): Promise<number>
  /** Takes or renews it until `until`; false while another holds it. */
  hold(tx: Tx, now: number, until: number): Promise<boolean>
  /** Lets go of it, if it is ours. */
  release(tx: Tx): Promise<void>
}

/** The epoch rises with each new owner, so that what a stopped owner does after it wakes can be told apart. */
export function leaseOf(sql: Sql, name: string, owner: string): Lease {
  return {
    async takenUntil(tx, now) {
      const [row] = await tx.query(...sql`SELECT owner, until FROM vestnik_lease WHERE name = ${name}`)
      return row && row.owner !== owner && Number(row.until) > now ? Number(row.until) : 0
    },
    async hold(tx, now, until) {
      const rows = await tx.query(
        ...sql`INSERT INTO vestnik_lease (name, owner, epoch, until)
        VALUES (${name}, ${owner}, 1, ${until})
        ON CONFLICT (name) DO UPDATE SET
          epoch = vestnik_lease.epoch + (CASE WHEN vestnik_lease.owner = excluded.owner THEN 0 ELSE 1 END),
          owner = excluded.owner, until = excluded.until
        WHERE vestnik_lease.owner = excluded.owner OR vestnik_lease.until <= ${now}
        RETURNING epoch`,
      )
      return rows.length > 0
    },
    async release(tx) {
      await tx.query(...sql`UPDATE vestnik_lease SET until = 0 WHERE name = ${name} AND owner = ${owner}`)
    },
  }
}
