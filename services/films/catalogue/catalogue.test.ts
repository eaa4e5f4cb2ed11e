/** The shape of the catalogue. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { films } from '@vestnik/api'
import { genres } from '../domain/genres.ts'
import { catalogue } from './index.ts'
import { readFilms } from './read-films.ts'

test('there are at least 220 films, each as the API answers it', () => {
  assert.ok(catalogue.length >= 220, String(catalogue.length))
  for (const { film } of catalogue) films.oneFilm.answer.parse(film)
})

test('every id is given once, and so is every title of a year', () => {
  const ids = new Set(catalogue.map(({ film }) => film.id))
  const titles = new Set(catalogue.map(({ film }) => `${film.title} ${film.year}`))
  assert.equal(ids.size, catalogue.length)
  assert.equal(titles.size, catalogue.length)
})

test('years, minutes and lists are those of films, and every genre is one of the known', () => {
  const used = new Set<string>()
  for (const { film } of catalogue) {
    assert.ok(film.year >= 1895 && film.year <= 2026, film.title)
    assert.ok(film.minutes >= 1 && film.minutes <= 300, film.title)
    for (const list of [film.genres, film.countries, film.directors]) {
      assert.ok(list.length > 0 && new Set(list).size === list.length && !list.includes(''), film.title)
    }
    for (const genre of film.genres) used.add(genre)
  }
  assert.deepEqual([...used].sort(), [...genres].sort())
})

test('titles, countries and directors are written in Russian', () => {
  const spelledOtherwise = ['1+1', '12', '1917']
  for (const { film } of catalogue) {
    assert.ok(/\p{Script=Cyrillic}/u.test(film.title) || spelledOtherwise.includes(film.title), film.title)
    for (const name of [...film.countries, ...film.directors]) assert.match(name, /^[\p{Script=Cyrillic} .-]+$/u)
  }
})

test('every text is in one Unicode form and without stray spaces', () => {
  for (const { film, also } of catalogue) {
    for (const text of [film.title, film.originalTitle, also, ...film.directors]) {
      assert.equal(text, text.normalize('NFC').trim().replace(/ {2,}/g, ' '))
    }
  }
})

test('a line with other columns is refused', () => {
  assert.throws(() => readFilms('1 | Брат | ='), /has not ten columns/)
})
