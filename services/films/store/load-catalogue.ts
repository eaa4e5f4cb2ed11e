/** Brings the catalogue into the database: once for each of its versions, under the same ids each time. */
import { createHash } from 'node:crypto'
import type { SqlValue, Store, Tx } from '@vestnik/bus'
import { onlyOne } from '@vestnik/service'
import type { CatalogueFilm } from '../catalogue/index.ts'
import { indexWords, searchKey } from '../domain/search-text.ts'

/** A film that is no longer in the catalogue stays: it may have been rented. */
export async function loadCatalogue(store: Store, catalogue: readonly CatalogueFilm[]): Promise<void> {
  const rows = catalogue.map(rowsOf)
  const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex')
  await onlyOne(store, 'catalogue', async (tx) => {
    const [loaded] = await tx.query('SELECT digest FROM loaded_catalogue', [])
    if (loaded?.digest === digest) return
    // Together: a server far away would else be waited for once for each of them.
    await Promise.all(rows.flatMap((row) => loadFilm(tx, row)))
    await tx.query('DELETE FROM loaded_catalogue', [])
    await tx.query('INSERT INTO loaded_catalogue (digest) VALUES (?)', [digest])
  })
}

/** What stands in the tables for one film. */
interface Rows {
  readonly id: number
  readonly film: readonly SqlValue[]
  readonly words: readonly string[]
  readonly genres: readonly string[]
}

function rowsOf({ film, also }: CatalogueFilm): Rows {
  const { id, title, originalTitle, genres } = film
  return {
    id,
    film: [JSON.stringify(film), searchKey(title), searchKey(originalTitle), searchKey(also)],
    words: indexWords([title, originalTitle, also]),
    genres: genres.map(searchKey),
  }
}

function loadFilm(tx: Tx, { id, film, words, genres }: Rows): readonly Promise<unknown>[] {
  return [
    tx.query(
      `INSERT INTO films (id, film, title_key, original_key, also_key) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET film = excluded.film, title_key = excluded.title_key,
         original_key = excluded.original_key, also_key = excluded.also_key`,
      [id, ...film],
    ),
    tx.query('DELETE FROM film_words WHERE film_id = ?', [id]),
    addEach(tx, 'INSERT INTO film_words (word, film_id) VALUES', words, id),
    tx.query('DELETE FROM film_genres WHERE film_id = ?', [id]),
    addEach(tx, 'INSERT INTO film_genres (genre, film_id) VALUES', genres, id),
  ]
}

async function addEach(tx: Tx, insert: string, texts: readonly string[], id: number): Promise<void> {
  if (texts.length === 0) return
  await tx.query(
    `${insert} ${texts.map(() => '(?, ?)').join(', ')}`,
    texts.flatMap((text) => [text, id]),
  )
}
