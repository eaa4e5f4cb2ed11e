/** The tables of the films service. */
import type { Migration } from '@vestnik/service'

export const migrations: readonly Migration[] = [
  [
    // The film is kept as it is answered, in JSON; the keys are its names in the form of the search.
    `CREATE TABLE films (
      id INTEGER PRIMARY KEY,
      film TEXT NOT NULL,
      title_key TEXT NOT NULL,
      original_key TEXT NOT NULL,
      also_key TEXT NOT NULL
    )`,
    'CREATE INDEX films_by_title ON films (title_key, id)',
    'CREATE TABLE film_genres (genre TEXT NOT NULL, film_id INTEGER NOT NULL, PRIMARY KEY (genre, film_id)) WITHOUT ROWID',
    // This tokenizer divides at spaces and nowhere in a word: what a word is has been said before.
    "CREATE VIRTUAL TABLE film_words USING fts5(words, tokenize = 'ascii')",
    'CREATE TABLE loaded_catalogue (digest TEXT NOT NULL)',
    `CREATE TABLE users (
      id INTEGER PRIMARY KEY,
      email TEXT NOT NULL,
      confirmed INTEGER NOT NULL
    )`,
    `CREATE TABLE rentals (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      user_id INTEGER NOT NULL,
      film_id INTEGER NOT NULL REFERENCES films (id),
      asked_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      until INTEGER
    )`,
    'CREATE INDEX rentals_of_user ON rentals (user_id, id)',
    'CREATE INDEX rentals_by_end_of_request ON rentals (user_id, expires_at)',
    'CREATE INDEX rentals_by_end ON rentals (user_id, until)',
    `CREATE TABLE idempotency_keys (
      user_id INTEGER NOT NULL,
      key TEXT NOT NULL,
      rental_id INTEGER NOT NULL REFERENCES rentals (id),
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (user_id, key)
    ) WITHOUT ROWID`,
    'CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at)',
  ],
]
