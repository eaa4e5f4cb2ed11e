/** The tables of one-time codes, in the database of each service that makes them: `migrate(store, 'codes', codeMigrations)`. */
import type { Migration } from '@vestnik/service'

export const codeMigrations: readonly Migration[] = [
  [
    // One row for each binding: a new code takes the place of the old one.
    `CREATE TABLE one_time_codes (
      purpose TEXT NOT NULL,
      subject TEXT NOT NULL,
      hmac BLOB NOT NULL,
      tries INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (purpose, subject)
    )`,
    'CREATE INDEX one_time_codes_by_end ON one_time_codes (expires_at)',
    'CREATE TABLE code_mails (address TEXT NOT NULL, at INTEGER NOT NULL)',
    'CREATE INDEX code_mails_of_address ON code_mails (address, at)',
    'CREATE INDEX code_mails_by_time ON code_mails (at)',
    // What is done for nobody is counted here, so that it is a commit as well.
    'CREATE TABLE code_misses (count INTEGER NOT NULL)',
    'INSERT INTO code_misses (count) VALUES (0)',
  ],
]
