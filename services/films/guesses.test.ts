/** Codes under attack: many guesses at once, and many right ones at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFilms, wrong } from './films.fixture.ts'

test('of a thousand codes guessed at once on a rental five are compared', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(46)
  const right = await films.lastCode()
  // The right one comes at every place but the first five.
  const guesses = Array.from({ length: 1000 }, (_, i) => (i < 5 ? wrong(right) : right))
  const answers = await Promise.all(guesses.map((code) => films.confirm(1, code)))
  assert.deepEqual(
    answers.filter(({ status }) => status !== 422),
    [],
  )
  const [kept] = await films.store.read((tx) => tx.query('SELECT tries FROM one_time_codes', []))
  assert.equal(kept?.tries, 5)
  assert.equal((await films.get('/rentals', 1)).body.items[0].status, 'awaiting-code')
})

test('of a hundred confirmations with the right code at once one succeeds, and one message is sent', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(46)
  const code = await films.lastCode()
  const answers = await Promise.all(Array.from({ length: 100 }, () => films.confirm(1, code)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.equal(answers.filter(({ status }) => status === 422).length, 99)
  await films.bus.settled()
  assert.equal(films.rented.length, 1)
})

test('guesses at a rental that is asked for again and again are five for each mail', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  for (let i = 1; i <= 10; i += 1) {
    const { id } = (await films.rent(46)).body
    const right = await films.lastCode()
    for (let n = 0; n < 5; n += 1) assert.equal((await films.confirm(id, wrong(right))).status, 422)
    assert.equal((await films.confirm(id, right)).status, 422)
  }
  assert.equal(films.rented.length, 0)
})

test('another user’s guesses do not use up the tries of the code’s owner', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.confirmed(2)
  await films.rent(46)
  const code = await films.lastCode()
  await Promise.all(Array.from({ length: 100 }, () => films.confirm(1, wrong(code), 2)))
  assert.equal((await films.confirm(1, code)).status, 200)
})
