/** The sign-ins that the gateway received. */
import type { Tx } from '@vestnik/bus'
import type { UserLoggedIn } from '@vestnik/contracts'
import type { Page, Paging } from '@vestnik/service'

export async function addLogin(tx: Tx, { userId, timestamp }: UserLoggedIn): Promise<void> {
  await tx.query('INSERT INTO logins (user_id, timestamp) VALUES (?, ?)', [userId, timestamp])
}

/** One user's sign-ins, newest first. */
export async function listLogins(tx: Tx, userId: number, { page, pageSize }: Paging): Promise<Page<UserLoggedIn>> {
  const [counted] = await tx.query('SELECT count(*) AS total FROM logins WHERE user_id = ?', [userId])
  const rows = await tx.query(
    'SELECT timestamp FROM logins WHERE user_id = ? ORDER BY timestamp DESC, seq DESC LIMIT ? OFFSET ?',
    [userId, pageSize, (page - 1) * pageSize],
  )
  const items = rows.map((row) => ({ userId, timestamp: String(row.timestamp) }))
  return { items, page, pageSize, total: Number(counted?.total) }
}
