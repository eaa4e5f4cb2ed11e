/** The tables of the users service. */
import type { Migration } from '@vestnik/service'

export const migrations: readonly Migration[] = [
  [
    `CREATE TABLE users (
      id INTEGER PRIMARY KEY,
      email TEXT NOT NULL UNIQUE,
      name TEXT,
      password TEXT NOT NULL,
      email_confirmed INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL
    )`,
    // Ids are given out here and not by the table, so that a sign-up with a taken address uses one up as well.
    'CREATE TABLE user_ids (last INTEGER NOT NULL)',
    'INSERT INTO user_ids (last) VALUES (0)',
    `CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      user_id INTEGER NOT NULL REFERENCES users (id),
      created_at INTEGER NOT NULL,
      ended_at INTEGER
    )`,
    'CREATE INDEX sessions_of_user ON sessions (user_id)',
    `CREATE TABLE refresh_tokens (
      hash BLOB PRIMARY KEY,
      session_id TEXT NOT NULL REFERENCES sessions (id),
      expires_at INTEGER NOT NULL,
      used_at INTEGER
    )`,
    'CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id)',
  ],
]
