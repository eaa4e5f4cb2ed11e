/** Accounts in the database. */
import type { Tx } from '@vestnik/bus'

export interface NewAccount {
  readonly email: string
  readonly name: string | undefined
  /** The password's hash. */
  readonly password: string
  readonly nowMs: number
}

/** An id that nobody has and nobody will get from here again. */
export async function nextUserId(tx: Tx): Promise<number> {
  const [row] = await tx.query('UPDATE user_ids SET last = last + 1 RETURNING last', [])
  return Number(row?.last)
}

/** Whether the account is there now; not when its address is taken. */
export async function addAccount(tx: Tx, id: number, account: NewAccount): Promise<boolean> {
  const { email, name = null, password, nowMs } = account
  const added = await tx.query(
    'INSERT INTO users (id, email, name, password, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING RETURNING id',
    [id, email, name, password, nowMs],
  )
  return added.length === 1
}

export interface KnownAccount {
  readonly userId: number
  readonly emailConfirmed: boolean
}

export async function findAccount(tx: Tx, email: string): Promise<KnownAccount | undefined> {
  const [row] = await tx.query('SELECT id, email_confirmed FROM users WHERE email = ?', [email])
  return row && { userId: Number(row.id), emailConfirmed: row.email_confirmed === 1 }
}

/** False: there is no such account any more. */
export async function confirmEmail(tx: Tx, userId: number): Promise<boolean> {
  return (await tx.query('UPDATE users SET email_confirmed = 1 WHERE id = ? RETURNING id', [userId])).length > 0
}

/** Sets another password, by its hash. False: there is no such account any more. */
export async function setPassword(tx: Tx, userId: number, password: string): Promise<boolean> {
  const set = await tx.query(
    'UPDATE users SET password = ?, passwords_set = passwords_set + 1 WHERE id = ? RETURNING id',
    [password, userId],
  )
  return set.length > 0
}

/**
 * The time of this sign-in, which no other of the same user has: one millisecond later than the last one, where the clock
 * says no more. It follows the clock back when that is set. Undefined: another password was set since these were read.
 */
export async function noteSignIn(
  tx: Tx,
  { userId, passwordsSet }: Credentials,
  nowMs: number,
): Promise<number | undefined> {
  const [row] = await tx.query(
    `UPDATE users SET signed_in_at =
       CASE WHEN signed_in_at >= ? AND signed_in_at < ? THEN signed_in_at + 1 ELSE ? END
     WHERE id = ? AND passwords_set = ? RETURNING signed_in_at`,
    [nowMs, nowMs + 1000, nowMs, userId, passwordsSet],
  )
  return row && Number(row.signed_in_at)
}

/** Replaces the hash by a stronger one of the same password, unless another password was set meanwhile. */
export async function strengthenPassword(tx: Tx, known: Credentials, password: string): Promise<void> {
  await tx.query('UPDATE users SET password = ? WHERE id = ? AND password = ?', [
    password,
    known.userId,
    known.password,
  ])
}

export interface Credentials extends KnownAccount {
  /** The password's hash. */
  readonly password: string
  /** How many passwords were set after the first. */
  readonly passwordsSet: number
  /** Whether the owner was let in from this source before. */
  readonly sourceKnown: boolean
}

export async function findCredentials(tx: Tx, email: string, source: string): Promise<Credentials | undefined> {
  const [row] = await tx.query(
    `SELECT id, email_confirmed, password, passwords_set, known_sources.source IS NOT NULL AS source_known
     FROM users LEFT JOIN known_sources ON known_sources.user_id = users.id AND known_sources.source = ?
     WHERE email = ?`,
    [source, email],
  )
  if (row === undefined) return undefined
  return {
    userId: Number(row.id),
    emailConfirmed: row.email_confirmed === 1,
    password: String(row.password),
    passwordsSet: Number(row.passwords_set),
    sourceKnown: row.source_known === 1,
  }
}

/** The owner was let in from this source. */
export async function rememberSource(tx: Tx, userId: number, source: string, nowMs: number): Promise<void> {
  await tx.query(
    'INSERT INTO known_sources (user_id, source, seen_at) VALUES (?, ?, ?) ON CONFLICT (user_id, source) DO UPDATE SET seen_at = excluded.seen_at',
    [userId, source, nowMs],
  )
}
