/** How often each film was rented. */
import type { Tx } from '@vestnik/bus'
import type { Popular } from './api.ts'

export async function addRental(tx: Tx, filmId: number): Promise<void> {
  await tx.query(
    'INSERT INTO rented_films (film_id, rentals) VALUES (?, 1) ON CONFLICT (film_id) DO UPDATE SET rentals = rented_films.rentals + 1',
    [filmId],
  )
}

export async function listMostRented(tx: Tx): Promise<Popular> {
  const rows = await tx.query('SELECT film_id, rentals FROM rented_films ORDER BY rentals DESC, film_id LIMIT 10', [])
  return { items: rows.map((row) => ({ filmId: Number(row.film_id), rentals: Number(row.rentals) })) }
}
