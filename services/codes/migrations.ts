/** The tables of one-time codes, in the database of each service that makes them: `migrate(store, 'codes', codeMigrations)`. */
import { inBoth, type Migrations } from '@vestnik/service'

/** Where misses are counted: several places, so that instances of a service seldom wait for each other. */
export const missPlaces = 16
const otherPlaces = Array.from({ length: missPlaces - 1 }, (_, i) => i + 1)

export const codeMigrations: Migrations = inBoth(({ whole, bytes }) => [
  [
    // One row for each binding: a new code takes the place of the old one.
    `CREATE TABLE one_time_codes (
      purpose TEXT NOT NULL,
      subject TEXT NOT NULL,
      hmac ${bytes} NOT NULL,
      tries INTEGER NOT NULL,
      expires_at ${whole} NOT NULL,
      PRIMARY KEY (purpose, subject)
    )`,
    'CREATE INDEX one_time_codes_by_end ON one_time_codes (expires_at)',
    `CREATE TABLE code_mails (address TEXT NOT NULL, at ${whole} NOT NULL)`,
    'CREATE INDEX code_mails_of_address ON code_mails (address, at)',
    'CREATE INDEX code_mails_by_time ON code_mails (at)',
    // What is done for nobody is counted here, so that it is a commit as well.
    `CREATE TABLE code_misses (count ${whole} NOT NULL)`,
    'INSERT INTO code_misses (count) VALUES (0)',
  ],
  [
    // Whoever has an address's row counts its mails.
    `CREATE TABLE code_mail_turns (address TEXT PRIMARY KEY, at ${whole} NOT NULL)`,
    'CREATE INDEX code_mail_turns_by_time ON code_mail_turns (at)',
    'ALTER TABLE code_misses ADD COLUMN place INTEGER NOT NULL DEFAULT 0',
    `INSERT INTO code_misses (place, count) VALUES ${otherPlaces.map((place) => `(${place}, 0)`).join(', ')}`,
  ],
])
