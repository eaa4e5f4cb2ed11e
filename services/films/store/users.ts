/** Users as the films service knows them, from the messages of the users service. */
import type { Tx } from '@vestnik/bus'

export async function addUser(tx: Tx, userId: number, email: string): Promise<void> {
  // What is known already was told by the confirmation, which may come first, or by this message.
  await tx.query('INSERT INTO users (id, email, confirmed) VALUES (?, ?, 0) ON CONFLICT (id) DO NOTHING', [
    userId,
    email,
  ])
}

export async function confirmUser(tx: Tx, userId: number, email: string): Promise<void> {
  await tx.query(
    `INSERT INTO users (id, email, confirmed) VALUES (?, ?, 1)
     ON CONFLICT (id) DO UPDATE SET email = excluded.email, confirmed = 1`,
    [userId, email],
  )
}

/**
 * Until the end of the transaction nobody else changes what this user rents: not another instance of the service either.
 */
export async function lockUser(tx: Tx, userId: number): Promise<void> {
  await tx.query('UPDATE users SET confirmed = confirmed WHERE id = ?', [userId])
}

/** The address to which a user's codes are mailed; undefined while it is not known to be theirs. */
export async function confirmedEmail(tx: Tx, userId: number): Promise<string | undefined> {
  const [row] = await tx.query('SELECT email FROM users WHERE id = ? AND confirmed = 1', [userId])
  return row && String(row.email)
}
