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

/**
 * Deletes the rows of a table whose time, in this column, is not after `until`; one that gets a later time meanwhile stays.
 * `key`: by what a row is known in SQLite, in a table without row ids.
 */
export function sweepTable(store: Store, table: string, column: string, until: number, key = 'rowid'): Promise<void> {
  const some = (row: string) => `SELECT ${row} FROM ${table} WHERE ${column} <= ? LIMIT ${sweptAtOnce}`
  const which = store.dialect === 'sqlite' ? `(${key}) IN (${some(key)})` : `ctid = ANY(ARRAY(${some('ctid')}))`
  // The time is asked of each row again: another transaction may have set a later one meanwhile.
  const sql = `DELETE FROM ${table} WHERE ${which} AND ${column} <= ? RETURNING 1`
  return inSteps(store, async (tx) => (await tx.query(sql, [until, until])).length)
}
