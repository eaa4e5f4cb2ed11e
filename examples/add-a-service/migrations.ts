/** The tables of the popular service. */
import type { Migration } from '@vestnik/service'

export const migrations: readonly Migration[] = [
  ['CREATE TABLE rented_films (film_id INTEGER PRIMARY KEY, rentals INTEGER NOT NULL)'],
]
