/** Rentals over HTTP: asked for, confirmed by the mailed code, listed; what ends, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { standardMailLimits } from '@vestnik/codes'
import { codeLifeMs } from '@vestnik/contracts'
import { rentalLifeMs } from './domain/rental.ts'
import { emailOf, type Films, openFilms, wrong } from './films.fixture.ts'

const film = 46
const other = 47
const at = (ms: number): string => new Date(ms).toISOString()
const statuses = async ({ get }: Films, userId = 1): Promise<string[]> =>
  (await get('/rentals', userId)).body.items.map(({ status }: { status: string }) => status)

test('a film is rented with the code that is mailed to the confirmed address, and everybody may be told', async (t) => {
  const films = await openFilms(t)
  const { clock, mails, rented, bus } = films
  await films.confirmed(1)
  const asked = await films.rent(film)
  assert.equal(asked.status, 202)
  assert.deepEqual(asked.body, {
    id: 1,
    filmId: film,
    status: 'awaiting-code',
    expiresAt: at(clock.ms + codeLifeMs),
  })
  const code = await films.lastCode()
  assert.deepEqual(mails, [{ email: emailOf(1), code }])

  clock.ms += 60_000
  const until = at(clock.ms + rentalLifeMs)
  const confirmed = await films.confirm(1, code)
  assert.equal(confirmed.status, 200)
  assert.deepEqual(confirmed.body, { id: 1, filmId: film, status: 'active', until })
  await bus.settled()
  assert.deepEqual(rented, [{ rentalId: 1, userId: 1, filmId: film, until }])
  const items = [{ id: 1, filmId: film, status: 'active', until }]
  assert.deepEqual((await films.get('/rentals', 1)).body, { items, page: 1, pageSize: 20, total: 1 })
})

test('a rental is over after two days, and the film can be rented again', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(film)
  await films.confirm(1, await films.lastCode())
  films.clock.ms += rentalLifeMs - 1
  assert.deepEqual(await statuses(films), ['active'])
  assert.equal((await films.rent(film)).status, 409)
  films.clock.ms += 1
  assert.deepEqual(await statuses(films), ['over'])
  assert.equal((await films.rent(film)).status, 202)
  assert.deepEqual(await statuses(films), ['awaiting-code', 'over'])
})

test('a request ends by itself after ten minutes, and so does its code', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  const { body } = await films.rent(film)
  const code = await films.lastCode()
  films.clock.ms += codeLifeMs - 1
  assert.deepEqual(await statuses(films), ['awaiting-code'])
  films.clock.ms += 1
  const [item] = (await films.get('/rentals', 1)).body.items
  assert.deepEqual(item, { ...body, status: 'expired' })
  assert.equal((await films.confirm(1, code)).status, 422)
  assert.deepEqual(await statuses(films), ['expired'])
  assert.equal((await films.rent(film)).status, 202)
})

test('the last moment of a request is long enough to confirm it', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(film)
  films.clock.ms += codeLifeMs - 1
  assert.equal((await films.confirm(1, await films.lastCode())).status, 200)
})

test('a new request for the same film ends the one before and its code', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(film)
  const first = await films.lastCode()
  films.clock.ms += 1000
  assert.equal((await films.rent(film)).body.id, 2)
  const second = await films.lastCode()
  assert.deepEqual(await statuses(films), ['awaiting-code', 'expired'])
  assert.equal((await films.confirm(1, first)).status, 422)
  assert.equal((await films.confirm(1, second)).status, 422)
  assert.equal((await films.confirm(2, second)).status, 200)
})

test('requests for different films wait side by side, and each has its own code', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(film)
  const first = await films.lastCode()
  await films.rent(other)
  const second = await films.lastCode()
  if (first !== second) assert.equal((await films.confirm(2, first)).status, 422)
  assert.equal((await films.confirm(2, second)).status, 200)
  assert.equal((await films.confirm(1, first)).status, 200)
  assert.deepEqual(await statuses(films), ['active', 'active'])
})

test('a film that is rented already is answered 409, and others may still rent it', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.confirmed(2)
  await films.rent(film)
  await films.confirm(1, await films.lastCode())
  const again = await films.rent(film)
  assert.equal(again.status, 409)
  assert.equal(again.headers['retry-after'], undefined)
  assert.equal((await films.rent(film, 2)).status, 202)
})

test('a code that is wrong, used, exhausted, ended or expired is always answered the same', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(film)
  const code = await films.lastCode()
  const answers = [await films.confirm(1, wrong(code))]
  assert.equal((await films.confirm(1, code)).status, 200)
  answers.push(await films.confirm(1, code), await films.confirm(1, wrong(code)))

  await films.rent(other)
  const exhausted = await films.lastCode()
  for (let i = 0; i < 5; i += 1) answers.push(await films.confirm(2, wrong(exhausted)))
  answers.push(await films.confirm(2, exhausted))

  await films.rent(other)
  const late = await films.lastCode()
  films.clock.ms += codeLifeMs
  answers.push(await films.confirm(3, late))
  await films.codes.sweep(films.store)
  answers.push(await films.confirm(3, late))

  const [first] = answers
  assert.equal(first?.status, 422)
  for (const answer of answers) {
    assert.equal(answer.text, first?.text)
    assert.deepEqual({ ...answer.headers, date: '' }, { ...first?.headers, date: '' })
  }
  assert.equal(films.rented.length, 1)
})

test('the fifth try may succeed', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(film)
  const code = await films.lastCode()
  for (let i = 0; i < 4; i += 1) assert.equal((await films.confirm(1, wrong(code))).status, 422)
  assert.equal((await films.confirm(1, code)).status, 200)
})

test("another's rental is answered like one that is not there, and its code stays good", async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.confirmed(2)
  await films.rent(film)
  const code = await films.lastCode()
  const missing = await films.confirm(99, code, 2)
  assert.equal(missing.status, 404)
  for (let i = 0; i < 6; i += 1) {
    const foreign = await films.confirm(1, i % 2 === 0 ? code : wrong(code), 2)
    assert.equal(foreign.text, missing.text)
    assert.deepEqual({ ...foreign.headers, date: '' }, { ...missing.headers, date: '' })
  }
  assert.deepEqual(await statuses(films, 2), [])
  assert.equal((await films.confirm(1, code)).status, 200)
})

test('rentals are listed in pages, newest first, to their own user only', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.confirmed(2)
  for (let filmId = 1; filmId <= 45; filmId += 1) await films.rent(filmId)
  await films.rent(film, 2)
  const pages = []
  for (const page of [1, 2, 3, 4]) pages.push((await films.get(`/rentals?page=${page}`, 1)).body)
  assert.deepEqual(
    pages.map(({ items }) => items.length),
    [20, 20, 5, 0],
  )
  assert.ok(pages.every(({ total }) => total === 45))
  assert.deepEqual(
    pages.flatMap(({ items }) => items.map(({ filmId }: { filmId: number }) => filmId)),
    Array.from({ length: 45 }, (_, i) => 45 - i),
  )
  assert.equal((await films.get('/rentals', 2)).body.total, 1)
  assert.equal((await films.get('/rentals', 3)).body.total, 0)
})

test('a film that is not there is answered 404, and no mail is sent', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  assert.equal((await films.rent(999_999)).status, 404)
  assert.equal((await films.rent(999_999, 5)).status, 404)
  await films.bus.settled()
  assert.deepEqual(films.mails, [])
})

test('more open requests than allowed are answered 429, until one of them has ended', async (t) => {
  const films = await openFilms(t, { openRequests: 3 })
  await films.confirmed(1)
  await films.confirmed(2)
  for (const filmId of [1, 2, 3]) {
    assert.equal((await films.rent(filmId)).status, 202)
    films.clock.ms += 1000
  }
  const refused = await films.rent(4)
  assert.equal(refused.status, 429)
  assert.equal(refused.headers['retry-after'], String(codeLifeMs / 1000 - 3))
  assert.equal((await films.rent(4, 2)).status, 202)
  assert.equal((await films.rent(3)).status, 202, 'one for the same film takes the place of the one before')
  films.clock.ms += codeLifeMs - 3000
  assert.equal((await films.rent(4)).status, 202)
})

test('more mails to one address than allowed are answered 429, and no rental is made', async (t) => {
  const films = await openFilms(t, { limits: { ...standardMailLimits, perAddressAndHour: 2 } })
  await films.confirmed(1)
  assert.equal((await films.rent(1, 1, 'a')).status, 202)
  assert.equal((await films.rent(2)).status, 202)
  const code = await films.lastCode()
  const refused = await films.rent(2, 1, 'b')
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.equal((await films.get('/rentals', 1)).body.total, 2)
  assert.equal((await films.rent(1, 1, 'a')).status, 202, 'a repeat needs no mail')
  assert.equal((await films.confirm(2, code)).status, 200, 'the request that was to be replaced is still good')
  films.clock.ms += 3_600_000
  assert.equal((await films.rent(3, 1, 'b')).status, 202, 'a refused request has not used up its key')
})

test('what has ended is deleted: codes, and keys of requests', async (t) => {
  const films = await openFilms(t)
  const { sweep } = await import('./app.ts')
  await films.confirmed(1)
  await films.rent(film, 1, 'key')
  const left = (table: string) => films.store.read((tx) => tx.query(`SELECT * FROM ${table}`, []))
  const parts = { store: films.store, codes: films.codes, now: () => films.clock.ms }
  await sweep(parts)
  assert.deepEqual([(await left('one_time_codes')).length, (await left('idempotency_keys')).length], [1, 1])
  films.clock.ms += codeLifeMs
  await sweep(parts)
  assert.deepEqual([(await left('one_time_codes')).length, (await left('idempotency_keys')).length], [0, 1])
  films.clock.ms += 24 * 3_600_000
  await sweep(parts)
  assert.equal((await left('idempotency_keys')).length, 0)
  assert.deepEqual(await statuses(films), ['expired'])
})
