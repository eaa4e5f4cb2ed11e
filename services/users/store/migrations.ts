/** The tables of the users service. */
import { inBoth, type Migrations } from '@vestnik/service'

export const migrations: Migrations = inBoth(({ whole, bytes }) => [
  [
    `CREATE TABLE users (
      id ${whole} PRIMARY KEY,
      email TEXT NOT NULL UNIQUE,
      name TEXT,
      password TEXT NOT NULL,
      email_confirmed INTEGER NOT NULL DEFAULT 0,
      created_at ${whole} NOT NULL
    )`,
    // Ids are given out here and not by the table, so that a sign-up with a taken address uses one up as well.
    `CREATE TABLE user_ids (last ${whole} NOT NULL)`,
    'INSERT INTO user_ids (last) VALUES (0)',
    `CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      user_id ${whole} NOT NULL REFERENCES users (id),
      created_at ${whole} NOT NULL,
      ended_at ${whole}
    )`,
    'CREATE INDEX sessions_of_user ON sessions (user_id)',
    `CREATE TABLE refresh_tokens (
      hash ${bytes} PRIMARY KEY,
      session_id TEXT NOT NULL REFERENCES sessions (id),
      expires_at ${whole} NOT NULL,
      used_at ${whole}
    )`,
    'CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id)',
  ],
  [
    'ALTER TABLE users ADD COLUMN passwords_set INTEGER NOT NULL DEFAULT 0',
    'CREATE INDEX users_unconfirmed ON users (created_at) WHERE email_confirmed = 0',
    'CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at)',
    // From where an account's owner was let in: limits on strangers do not hold there.
    `CREATE TABLE known_sources (
      user_id ${whole} NOT NULL REFERENCES users (id),
      source TEXT NOT NULL,
      seen_at ${whole} NOT NULL,
      PRIMARY KEY (user_id, source)
    )`,
    'CREATE INDEX known_sources_by_time ON known_sources (seen_at)',
  ],
  // The time of the last sign-in: the next one has another.
  [`ALTER TABLE users ADD COLUMN signed_in_at ${whole} NOT NULL DEFAULT 0`],
])
