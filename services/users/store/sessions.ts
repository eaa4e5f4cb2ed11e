/** Sessions in the database. A session is the family of its refresh tokens. */
import type { Tx } from '@vestnik/bus'

export interface NewSession {
  readonly id: string
  readonly userId: number
  readonly refreshHash: Uint8Array
  readonly refreshExpiresMs: number
  readonly nowMs: number
}

export async function openSession(tx: Tx, session: NewSession): Promise<void> {
  const { id, userId, refreshHash, refreshExpiresMs, nowMs } = session
  await tx.query('INSERT INTO sessions (id, user_id, created_at) VALUES (?, ?, ?)', [id, userId, nowMs])
  await tx.query('INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)', [
    refreshHash,
    id,
    refreshExpiresMs,
  ])
}
