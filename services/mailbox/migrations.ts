/** The mailbox's own tables. A source stands apart, so that the list is read without it. */
import type { Migration } from '@vestnik/service'

export const migrations: readonly Migration[] = [
  [
    `CREATE TABLE messages (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      received_at INTEGER NOT NULL,
      envelope TEXT NOT NULL,
      size INTEGER NOT NULL,
      unread INTEGER NOT NULL,
      summary TEXT NOT NULL
    ) STRICT`,
    'CREATE INDEX messages_totals ON messages (unread, size)',
    'CREATE TABLE sources (seq INTEGER PRIMARY KEY, raw BLOB NOT NULL) STRICT',
  ],
]
