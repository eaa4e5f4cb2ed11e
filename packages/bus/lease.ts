/** Leases: one process at a time does a thing, and another takes over soon after it dies. */
import type { Sql } from './sql.ts'
import type { Tx } from './store.ts'

export interface Lease {
  readonly name: string
  readonly owner: string
  /** Rises with each new owner, so that what a stopped owner does after it wakes can be told apart. */
  readonly epoch: number
  readonly until: number
}

/** The leases of one owner, which is unique in place and time. */
export interface Leases {
  /** All whose names begin so, whoever holds them. Locks nothing and writes nothing, so that it wakes nobody. */
  look(tx: Tx, beginning: string): Promise<readonly Lease[]>
  /** Takes or renews it until `until`, and answers its epoch; undefined while another holds it. */
  hold(tx: Tx, name: string, now: number, until: number): Promise<number | undefined>
  /** Those of the names that are ours. Nobody takes them before the transaction ends. */
  keep(tx: Tx, names: readonly string[]): Promise<readonly Lease[]>
  /** Lets go of those of the names that are ours. */
  release(tx: Tx, names: readonly string[]): Promise<void>
  /** Removes them, whoever held them. */
  remove(tx: Tx, names: readonly string[]): Promise<void>
}

export function leasesOf(sql: Sql, owner: string): Leases {
  return {
    async look(tx, beginning) {
      const rows = await tx.query(
        ...sql`SELECT name, owner, epoch, until FROM vestnik_lease
        WHERE substr(name, 1, ${[...beginning].length}) = ${beginning} ORDER BY name`,
      )
      return rows.map((row) => ({
        name: String(row.name),
        owner: String(row.owner),
        epoch: Number(row.epoch),
        until: Number(row.until),
      }))
    },

    async hold(tx, name, now, until) {
      const [row] = await tx.query(
        ...sql`INSERT INTO vestnik_lease (name, owner, epoch, until)
        VALUES (${name}, ${owner}, 1, ${until})
        ON CONFLICT (name) DO UPDATE SET
          epoch = vestnik_lease.epoch + (CASE WHEN vestnik_lease.owner = excluded.owner THEN 0 ELSE 1 END),
          owner = excluded.owner, until = excluded.until
        WHERE vestnik_lease.owner = excluded.owner OR vestnik_lease.until <= ${now}
        RETURNING epoch`,
      )
      return row && Number(row.epoch)
    },

    async keep(tx, names) {
      const rows = await tx.query(
        ...(sql.dialect === 'sqlite'
          ? sql`SELECT name, epoch, until FROM vestnik_lease WHERE owner = ${owner}
            AND name IN (SELECT value FROM json_each(${JSON.stringify(names)}))`
          : sql`SELECT name, epoch, until FROM vestnik_lease WHERE owner = ${owner}
            AND name IN (SELECT json_array_elements_text(CAST(${JSON.stringify(names)} AS JSON)))
            ORDER BY name FOR SHARE OF vestnik_lease`),
      )
      return rows.map((row) => ({
        name: String(row.name),
        owner,
        epoch: Number(row.epoch),
        until: Number(row.until),
      }))
    },

    async release(tx, names) {
      for (const name of names) {
        await tx.query(...sql`UPDATE vestnik_lease SET until = 0 WHERE name = ${name} AND owner = ${owner}`)
      }
    },

    async remove(tx, names) {
      for (const name of names) await tx.query(...sql`DELETE FROM vestnik_lease WHERE name = ${name}`)
    },
  }
}
