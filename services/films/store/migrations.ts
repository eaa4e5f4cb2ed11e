/** The tables of the films service. */
import { inBoth, type Migrations } from '@vestnik/service'

export const migrations: Migrations = inBoth(({ dialect, whole, ordered, numbered, byKey }) => [
  [
    // The film is kept as it is answered, in JSON; the keys are its names in the form of the search.
    `CREATE TABLE films (
      id ${whole} PRIMARY KEY,
      film TEXT NOT NULL,
      title_key ${ordered} NOT NULL,
      original_key ${ordered} NOT NULL,
      also_key ${ordered} NOT NULL
    )`,
    'CREATE INDEX films_by_title ON films (title_key, id)',
    `CREATE TABLE film_genres (genre TEXT NOT NULL, film_id ${whole} NOT NULL, PRIMARY KEY (genre, film_id))${byKey}`,
    // As it was before the search was the same in both databases.
    ...(dialect === 'sqlite' ? ["CREATE VIRTUAL TABLE film_words USING fts5(words, tokenize = 'ascii')"] : []),
    'CREATE TABLE loaded_catalogue (digest TEXT NOT NULL)',
    `CREATE TABLE users (
      id ${whole} PRIMARY KEY,
      email TEXT NOT NULL,
      confirmed INTEGER NOT NULL
    )`,
    `CREATE TABLE rentals (
      id ${numbered},
      user_id ${whole} NOT NULL,
      film_id ${whole} NOT NULL REFERENCES films (id),
      asked_at ${whole} NOT NULL,
      expires_at ${whole} NOT NULL,
      until ${whole}
    )`,
    'CREATE INDEX rentals_of_user ON rentals (user_id, id)',
    'CREATE INDEX rentals_by_end_of_request ON rentals (user_id, expires_at)',
    'CREATE INDEX rentals_by_end ON rentals (user_id, until)',
    `CREATE TABLE idempotency_keys (
      user_id ${whole} NOT NULL,
      key TEXT NOT NULL,
      rental_id ${whole} NOT NULL REFERENCES rentals (id),
      expires_at ${whole} NOT NULL,
      PRIMARY KEY (user_id, key)
    )${byKey}`,
    'CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at)',
  ],
  [
    ...(dialect === 'sqlite' ? ['DROP TABLE film_words'] : []),
    // Words are found by their beginnings: they stand beside each other in the key.
    `CREATE TABLE film_words (
      word ${ordered} NOT NULL,
      film_id ${whole} NOT NULL,
      PRIMARY KEY (word, film_id)
    )${byKey}`,
    'CREATE INDEX film_words_of_film ON film_words (film_id)',
    // So that all words are written once more.
    'DELETE FROM loaded_catalogue',
  ],
])
