/** Deleting what has ended, in steps that keep no other transaction waiting for long, however much it is. */
import type { Store, Tx } from '@vestnik/bus/store'

/** So many rows are deleted at once. */
export const sweptAtOnce = 500

/** Each step answers how many rows it deleted; the last one is the first that deletes fewer than `sweptAtOnce`. */
export async function inSteps(store: Store, step: (tx: Tx) => Promise<number>): Promise<void> {
  let deleted: number
  do deleted = await store.transaction(step)
  while (deleted >= sweptAtOnce)
}

/** Deletes the rows of a table whose time, in this column, is not after `until`. In SQLite it must have row ids. */
export function sweepTable(store: Store, table: string, column: string, until: number): Promise<void> {
  const some = (row: string) => `SELECT ${row} FROM ${table} WHERE ${column} <= ? LIMIT ${sweptAtOnce}`
  const which = store.dialect === 'sqlite' ? `rowid IN (${some('rowid')})` : `ctid = ANY(ARRAY(${some('ctid')}))`
  return inSteps(
    store,
    async (tx) => (await tx.query(`DELETE FROM ${table} WHERE ${which} RETURNING 1`, [until])).length,
  )
}
