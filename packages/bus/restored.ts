/** An outbox that was restored into another server: its rows have numbers of transactions that are to come there. */
import type { Sql } from './sql.ts'
import type { Store } from './store.ts'

const lookedAt = 10_000
const changedAtOnce = 500

/**
 * Gives such rows the number of a transaction of this server, or they would wait until it has come as far. Piece by
 * piece, by position; before anything is relayed, so that nothing newer overtakes them.
 */
export async function adoptRestored(store: Store, sql: Sql): Promise<void> {
  if (sql.dialect === 'sqlite') return
  for (let after = 0; ; ) {
    const [piece] = await store.read((tx) =>
      tx.query(
        ...sql`SELECT max(pos) AS last, bool_or(xid >= pg_snapshot_xmax(pg_current_snapshot())) AS strange
        FROM (SELECT pos, xid FROM vestnik_outbox WHERE pos > ${after} ORDER BY pos LIMIT ${lookedAt}) AS piece`,
      ),
    )
    if (typeof piece?.last !== 'number') return
    if (piece.strange === 1) await adopt(after, piece.last)
    after = piece.last
  }

  async function adopt(after: number, last: number): Promise<void> {
    let changed = changedAtOnce
    while (changed === changedAtOnce) {
      const rows = await store.transaction((tx) =>
        tx.query(
          // What a snapshot shows of this server's own is below its end.
          ...sql`UPDATE vestnik_outbox SET xid = pg_current_xact_id() WHERE pos IN (
            SELECT pos FROM vestnik_outbox WHERE pos > ${after} AND pos <= ${last}
            AND xid >= pg_snapshot_xmax(pg_current_snapshot()) ORDER BY pos LIMIT ${changedAtOnce})
          RETURNING pos`,
        ),
      )
      changed = rows.length
    }
  }
}
