/** Brings the catalogue into the database: once for each of its versions, under the same ids each time. */
import { createHash } from 'node:crypto'
import type { SqlValue, Store, Tx } from '@vestnik/bus'
import { onlyOne } from '@vestnik/service'
import type { CatalogueFilm } from '../catalogue/index.ts'
import { indexWords, searchKey } from '../domain/search-text.ts'

/** Films of one transaction, which has a second, also where the server is far away or busy. */
const atOnce = 50

/** A film that is no longer in the catalogue stays: it may have been rented. One who is killed in the middle, others follow. */
export async function loadCatalogue(store: Store, catalogue: readonly CatalogueFilm[]): Promise<void> {
  const rows = catalogue.map(rowsOf)
  const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex')
  while ((await onlyOne(store, 'catalogue', (tx) => loadNext(tx, rows, digest))) === 'more') {}
}

/** The digest stands there with the number of films that are in, and alone when all are. */
async function loadNext(tx: Tx, rows: readonly Rows[], digest: string): Promise<'whole' | 'more'> {
  const [loaded] = await tx.query('SELECT digest FROM loaded_catalogue', [])
  if (loaded?.digest === digest) return 'whole'
  const [before, count] = String(loaded?.digest).split(' ')
  const from = before === digest ? Number(count) : 0
  const to = from + atOnce
  await loadFilms(tx, rows.slice(from, to))
  await tx.query('DELETE FROM loaded_catalogue', [])
  await tx.query('INSERT INTO loaded_catalogue (digest) VALUES (?)', [to < rows.length ? `${digest} ${to}` : digest])
  return to < rows.length ? 'more' : 'whole'
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

/** In few statements: each is waited for. */
async function loadFilms(tx: Tx, rows: readonly Rows[]): Promise<void> {
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  const marks = ids.map(() => '?').join(', ')
  await Promise.all([
    tx.query(
      `INSERT INTO films (id, film, title_key, original_key, also_key)
       VALUES ${rows.map(() => '(?, ?, ?, ?, ?)').join(', ')}
       ON CONFLICT (id) DO UPDATE SET film = excluded.film, title_key = excluded.title_key,
         original_key = excluded.original_key, also_key = excluded.also_key`,
      rows.flatMap(({ id, film }) => [id, ...film]),
    ),
    tx.query(`DELETE FROM film_words WHERE film_id IN (${marks})`, ids),
    tx.query(`DELETE FROM film_genres WHERE film_id IN (${marks})`, ids),
  ])
  await Promise.all([
    addAll(
      tx,
      'INSERT INTO film_words (word, film_id) VALUES',
      rows.flatMap(({ id, words }) => words.map((word) => [word, id] as const)),
    ),
    addAll(
      tx,
      'INSERT INTO film_genres (genre, film_id) VALUES',
      rows.flatMap(({ id, genres }) => genres.map((genre) => [genre, id] as const)),
    ),
  ])
}

async function addAll(tx: Tx, insert: string, pairs: readonly (readonly [text: string, id: number])[]): Promise<void> {
  if (pairs.length === 0) return
  await tx.query(`${insert} ${pairs.map(() => '(?, ?)').join(', ')}`, pairs.flat())
}
