/** The catalogue in the database: loaded once, changed in place, never renumbered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate, type ServiceStore } from '@vestnik/service'
import { openTestStore } from '../../../tools/databases/test-store.ts'
import { type CatalogueFilm, catalogue } from '../catalogue/index.ts'
import { findFilm, searchFilms } from './films.ts'
import { loadCatalogue } from './load-catalogue.ts'
import { migrations } from './migrations.ts'

async function open(t: { after(work: () => Promise<void>): void }): Promise<ServiceStore> {
  const store = await openTestStore()
  t.after(() => store.close())
  await migrate(store, 'films', migrations)
  return store
}

const find = (store: ServiceStore, query: string) =>
  store.read(async (tx) => (await searchFilms(tx, { query, page: 1, pageSize: 100 })).items.map(({ id }) => id))

const [first, second] = catalogue as readonly [CatalogueFilm, CatalogueFilm]

test('loading the same again changes nothing', async (t) => {
  const store = await open(t)
  await loadCatalogue(store, catalogue)
  let commits = 0
  store.watch(() => {
    commits += 1
  })
  await loadCatalogue(store, catalogue)
  assert.equal(commits, 0)
  const [counted] = await store.read((tx) => tx.query('SELECT count(DISTINCT film_id) AS n FROM film_words', []))
  assert.equal(counted?.n, catalogue.length)
})

test('two processes that load at once leave each film once', async (t) => {
  const store = await open(t)
  await Promise.all([loadCatalogue(store, catalogue), loadCatalogue(store, catalogue)])
  assert.equal((await find(store, 'ежик')).length, 1)
})

test('a film that is added or mended leaves the ids of the others alone, and old names find nothing', async (t) => {
  const store = await open(t)
  await loadCatalogue(store, [first, second])
  const mended = { film: { ...second.film, title: 'Другое название', genres: ['комедия'] }, also: '' }
  const added = { film: { ...first.film, id: 3, title: 'Новый фильм' }, also: '' }
  await loadCatalogue(store, [added, mended, first])
  assert.deepEqual(await store.read((tx) => findFilm(tx, first.film.id)), first.film)
  assert.deepEqual(await find(store, 'другое название'), [second.film.id])
  assert.deepEqual(await find(store, 'movie camera'), [])
  assert.deepEqual(await find(store, 'новый'), [3])
  const genre = { genre: 'документальный', page: 1, pageSize: 20 }
  assert.equal((await store.read((tx) => searchFilms(tx, genre))).total, 0)
})

test('a film that was taken out of the catalogue stays, as it may have been rented', async (t) => {
  const store = await open(t)
  await loadCatalogue(store, [first, second])
  await loadCatalogue(store, [second])
  assert.deepEqual(await store.read((tx) => findFilm(tx, first.film.id)), first.film)
})

test('what one process did not come to load, the next one loads', async (t) => {
  const store = await open(t)
  let left = 2
  const transaction: ServiceStore['transaction'] = async (work) => {
    left -= 1
    if (left < 0) throw new Error('killed')
    return await store.transaction(work)
  }
  await assert.rejects(loadCatalogue({ ...store, transaction }, catalogue), /killed/)
  await loadCatalogue(store, catalogue)
  const [counted] = await store.read((tx) => tx.query('SELECT count(*) AS n FROM films', []))
  assert.equal(Number(counted?.n), catalogue.length)
  assert.equal((await find(store, 'ежик')).length, 1)
})
