/** The catalogue in the database, and the search in it. */
import type { films } from '@vestnik/api'
import type { SqlValue, Tx } from '@vestnik/bus'
import type { Page } from '@vestnik/service'
import { searchKey, searchWords } from '../domain/search-text.ts'

export async function findFilm(tx: Tx, id: number): Promise<films.Film | undefined> {
  const [row] = await tx.query('SELECT film FROM films WHERE id = ?', [id])
  return row && filmOf(row.film)
}

/**
 * Films that have a word for each word of the query, which may be its beginning, and the genre. First those that are
 * called so, then those whose name begins so, then the others; each by title and id.
 */
export async function searchFilms(tx: Tx, search: films.FilmSearch): Promise<Page<films.Film>> {
  const { query = '', page, pageSize } = search
  // Text without a word is in no title.
  if (query !== '' && searchKey(query) === '') return { items: [], page, pageSize, total: 0 }
  const { where, values, order, orderValues } = statementOf(search)
  const before = (page - 1) * pageSize
  const rows = await tx.query(`SELECT f.film FROM films f ${where} ORDER BY ${order} LIMIT ? OFFSET ?`, [
    ...values,
    ...orderValues,
    pageSize,
    before,
  ])
  // A page that is not full is the last one: what most searches find need not be found again to be counted.
  const isLast = rows.length < pageSize && (rows.length > 0 || before === 0)
  const total = isLast ? before + rows.length : await countFilms(tx, where, values)
  return { items: rows.map(({ film }) => filmOf(film)), page, pageSize, total }
}

async function countFilms(tx: Tx, where: string, values: readonly SqlValue[]): Promise<number> {
  const [counted] = await tx.query(`SELECT count(*) AS total FROM films f ${where}`, values)
  return Number(counted?.total)
}

interface Statement {
  readonly where: string
  readonly values: readonly SqlValue[]
  readonly order: string
  readonly orderValues: readonly SqlValue[]
}

function statementOf({ query = '', genre = '' }: films.FilmSearch): Statement {
  const conditions: string[] = []
  const values: SqlValue[] = []
  if (query !== '') {
    const words = [...new Set(searchWords(query))]
    conditions.push(`f.id IN (${words.map(() => filmsWithWord).join(' INTERSECT ')})`)
    values.push(...words.flatMap((word) => [word, `${word}${lastCharacter}`]))
  }
  if (genre !== '') {
    conditions.push('f.id IN (SELECT film_id FROM film_genres WHERE genre = ?)')
    values.push(searchKey(genre))
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  if (query === '') return { where, values, order: 'f.title_key, f.id', orderValues: [] }
  const key = searchKey(query)
  const begin = `${key}%`
  const orderValues = [key, begin, begin, begin]
  return { where, values, order: `${closeness}, f.title_key, f.id`, orderValues }
}

/** Keys have letters, digits and spaces only, so nothing in them means anything to LIKE. */
const closeness = `CASE WHEN ? IN (f.title_key, f.original_key, f.also_key) THEN 0
  WHEN f.title_key LIKE ? OR f.original_key LIKE ? OR f.also_key LIKE ? THEN 1 ELSE 2 END`

/** Or a beginning of one: between a text and the same with the last of all characters stands what begins so. */
const filmsWithWord = 'SELECT film_id FROM film_words WHERE word >= ? AND word < ?'
const lastCharacter = '\u{10ffff}'

const filmOf = (json: SqlValue | undefined): films.Film => JSON.parse(String(json))
