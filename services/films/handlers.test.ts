/** What the films service learns of users: in any order, and again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Films, openFilms } from './films.fixture.ts'

async function mailedTo(films: Films): Promise<string | undefined> {
  assert.equal((await films.rent(46)).status, 202)
  await films.bus.settled()
  return films.mails.at(-1)?.email
}

const orders: readonly (readonly ('registered' | 'confirmed')[])[] = [
  ['confirmed'],
  ['registered', 'confirmed'],
  ['confirmed', 'registered'],
  ['registered', 'confirmed', 'registered', 'confirmed'],
  ['confirmed', 'confirmed', 'registered', 'registered'],
]

for (const order of orders) {
  test(`after ${order.join(', ')} a user can rent`, async (t) => {
    const films = await openFilms(t)
    for (const message of order) await films[message](1)
    assert.equal(await mailedTo(films), 'user1@example.org')
  })
}

test('the address that was confirmed is the one that is mailed to', async (t) => {
  const films = await openFilms(t)
  await films.registered(1, 'old@example.org')
  await films.confirmed(1, 'new@example.org')
  await films.registered(1, 'old@example.org')
  assert.equal(await mailedTo(films), 'new@example.org')
})

test('without a confirmed address renting is answered 409, and says that it can be tried again', async (t) => {
  const films = await openFilms(t)
  const unknown = await films.rent(46)
  await films.registered(1)
  await films.confirmed(2)
  const unconfirmed = await films.rent(46)
  assert.equal(unknown.status, 409)
  assert.equal(unknown.headers['retry-after'], '1')
  assert.match(unknown.body.detail, /confirmed address.*again in a moment/)
  assert.equal(unconfirmed.text, unknown.text)
  await films.bus.settled()
  assert.deepEqual(films.mails, [])
  assert.equal((await films.get('/rentals', 1)).body.total, 0)
})

test('a confirmation that comes while renting waits for it is soon enough', async (t) => {
  const films = await openFilms(t, { patienceMs: 10_000 })
  const asked = films.rent(46)
  await films.confirmed(2)
  await films.registered(1)
  await films.confirmed(1)
  assert.equal((await asked).status, 202)
})

test('waiting for a confirmation has an end', { timeout: 5000 }, async (t) => {
  const films = await openFilms(t, { patienceMs: 30 })
  assert.equal((await films.rent(46)).status, 409)
})
