/** The sign-ins in the books of the users service. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { UserLoggedIn } from '@vestnik/contracts'
import type { System } from './system.ts'

/** The sign-ins that the users service committed, by session. */
export function committedLogins({ folder }: System): ReadonlyMap<string, UserLoggedIn> {
  using database = open(folder, 'users')
  const rows = database.prepare('SELECT id, user_id, created_at FROM sessions').all()
  return new Map(
    rows.map((row) => [
      String(row.id),
      { userId: Number(row.user_id), timestamp: new Date(Number(row.created_at)).toISOString() },
    ]),
  )
}

function open(folder: string, service: string): DatabaseSync {
  return new DatabaseSync(join(folder, 'data', `${service}.db`), { readOnly: true, timeout: 2000 })
}
