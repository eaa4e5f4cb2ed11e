/** Which rental was made for a caller's `Idempotency-Key`. A key is the caller's own: others may use the same. */
import type { Store, Tx } from '@vestnik/bus'
import { sweepTable } from '@vestnik/service'

/** How long a repeat is known. */
export const keyLifeMs: number = 24 * 3_600_000

export async function keepKey(tx: Tx, userId: number, key: string, rentalId: number, nowMs: number): Promise<void> {
  await tx.query(
    `INSERT INTO idempotency_keys (user_id, key, rental_id, expires_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (user_id, key) DO UPDATE SET rental_id = excluded.rental_id, expires_at = excluded.expires_at`,
    [userId, key, rentalId, nowMs + keyLifeMs],
  )
}

/** The id of the rental that was made under this key. */
export async function findByKey(tx: Tx, userId: number, key: string, nowMs: number): Promise<number | undefined> {
  const [row] = await tx.query(
    'SELECT rental_id FROM idempotency_keys WHERE user_id = ? AND key = ? AND expires_at > ?',
    [userId, key, nowMs],
  )
  return row && Number(row.rental_id)
}

/** Deletes what is no longer known. */
export const sweepKeys = (store: Store, nowMs: number): Promise<void> =>
  sweepTable(store, 'idempotency_keys', 'expires_at', nowMs, 'user_id, key')
