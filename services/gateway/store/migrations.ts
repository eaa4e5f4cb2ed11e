/** The tables of the gateway. */
import type { Migration } from '@vestnik/service'

export const migrations: readonly Migration[] = [
  [
    `CREATE TABLE logins (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      user_id INTEGER NOT NULL,
      timestamp TEXT NOT NULL
    )`,
    'CREATE INDEX logins_of_user ON logins (user_id, timestamp DESC, seq DESC)',
  ],
]
