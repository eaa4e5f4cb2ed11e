/** Sessions in the database. A session is the family of its refresh tokens. */
import type { users } from '@vestnik/api'
import type { Tx } from '@vestnik/bus'
import type { Caller } from '@vestnik/service'

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
  await addRefreshToken(tx, id, refreshHash, refreshExpiresMs)
}

export async function addRefreshToken(tx: Tx, sessionId: string, hash: Uint8Array, expiresMs: number): Promise<void> {
  await tx.query('INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)', [
    hash,
    sessionId,
    expiresMs,
  ])
}

/** Whose token it is, whatever has become of it. */
export async function findRefreshToken(tx: Tx, hash: Uint8Array): Promise<Caller | undefined> {
  const [row] = await tx.query(
    'SELECT user_id, session_id FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = ?',
    [hash],
  )
  return row && { userId: Number(row.user_id), sessionId: String(row.session_id) }
}

/**
 * Uses a token up. `reused`: somebody did before. `over`: it has expired, or its session has ended or began before
 * `sinceMs`.
 */
export async function useRefreshToken(
  tx: Tx,
  hash: Uint8Array,
  nowMs: number,
  sinceMs: number,
): Promise<'used' | 'reused' | 'over'> {
  const open = 'EXISTS (SELECT 1 FROM sessions WHERE id = session_id AND ended_at IS NULL AND created_at > ?)'
  const used = await tx.query(
    `UPDATE refresh_tokens SET used_at = ? WHERE hash = ? AND used_at IS NULL AND expires_at > ? AND ${open} RETURNING hash`,
    [nowMs, hash, nowMs, sinceMs],
  )
  if (used.length === 1) return 'used'
  const before = await tx.query(`SELECT 1 FROM refresh_tokens WHERE hash = ? AND used_at IS NOT NULL AND ${open}`, [
    hash,
    sinceMs,
  ])
  return before.length === 1 ? 'reused' : 'over'
}

/** Whether it was open. */
export async function endSession(tx: Tx, { userId, sessionId }: Caller, nowMs: number): Promise<boolean> {
  const ended = await tx.query(
    'UPDATE sessions SET ended_at = ? WHERE id = ? AND user_id = ? AND ended_at IS NULL RETURNING id',
    [nowMs, sessionId, userId],
  )
  return ended.length === 1
}

export async function endSessionsOf(tx: Tx, userId: number, nowMs: number): Promise<void> {
  await tx.query('UPDATE sessions SET ended_at = ? WHERE user_id = ? AND ended_at IS NULL', [nowMs, userId])
}

/** The account of an open session. */
export async function accountOfSession(tx: Tx, { userId, sessionId }: Caller): Promise<users.Account | undefined> {
  const [row] = await tx.query(
    `SELECT users.id, email, name, email_confirmed FROM sessions JOIN users ON users.id = user_id
     WHERE sessions.id = ? AND user_id = ? AND ended_at IS NULL`,
    [sessionId, userId],
  )
  if (row === undefined) return undefined
  const name = row.name === null ? null : String(row.name)
  return { id: Number(row.id), email: String(row.email), name, emailConfirmed: row.email_confirmed === 1 }
}
