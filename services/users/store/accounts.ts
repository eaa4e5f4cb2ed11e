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

export interface Credentials {
  readonly userId: number
  /** The password's hash. */
  readonly password: string
}

export async function findCredentials(tx: Tx, email: string): Promise<Credentials | undefined> {
  const [row] = await tx.query('SELECT id, password FROM users WHERE email = ?', [email])
  return row && { userId: Number(row.id), password: String(row.password) }
}

/** Replaces the hash by a stronger one of the same password, unless another password was set meanwhile. */
export async function strengthenPassword(tx: Tx, known: Credentials, password: string): Promise<void> {
  await tx.query('UPDATE users SET password = ? WHERE id = ? AND password = ?', [
    password,
    known.userId,
    known.password,
  ])
}
