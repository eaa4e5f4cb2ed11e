/** The same request twice with one `Idempotency-Key` makes one rental and one mail. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFilms } from './films.fixture.ts'

const day = 24 * 3_600_000

test('a repeat is answered as the first time, whatever became of the rental, and mails nothing', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  const first = await films.rent(46, 1, 'key-1')
  const code = await films.lastCode()
  films.clock.ms += 1000
  assert.deepEqual((await films.rent(46, 1, 'key-1')).body, first.body)
  await films.confirm(1, code)
  const again = await films.rent(46, 1, 'key-1')
  assert.equal(again.status, 202)
  assert.deepEqual(again.body, first.body)
  films.clock.ms += day - 1001
  assert.deepEqual((await films.rent(46, 1, 'key-1')).body, first.body)
  await films.bus.settled()
  assert.equal(films.mails.length, 1)
  assert.equal((await films.get('/rentals', 1)).body.total, 1)
})

test('a repeat after the request was ended by a newer one is answered as the first time, and ends nothing', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  const first = await films.rent(46, 1, 'key-1')
  films.clock.ms += 1000
  await films.rent(46, 1, 'key-2')
  assert.deepEqual((await films.rent(46, 1, 'key-1')).body, first.body)
  assert.equal((await films.confirm(2, await films.lastCode())).status, 200)
})

test('a key is forgotten after a day', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(46, 1, 'key-1')
  films.clock.ms += day
  assert.equal((await films.rent(46, 1, 'key-1')).body.id, 2)
  assert.equal((await films.rent(46, 1, 'key-1')).body.id, 2)
  await films.bus.settled()
  assert.equal(films.mails.length, 2)
})

test('a key that was used for another film is answered 422 and named', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(46, 1, 'key-1')
  for (const filmId of [47, 999_999]) {
    const { status, body } = await films.rent(filmId, 1, 'key-1')
    assert.equal(status, 422)
    assert.equal(body.errors[0].field, 'Idempotency-Key')
  }
  await films.bus.settled()
  assert.equal(films.mails.length, 1)
})

test('the key of one caller says nothing of the key of another', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.confirmed(2)
  const [one, two] = [await films.rent(46, 1, 'key-1'), await films.rent(47, 2, 'key-1')]
  assert.deepEqual([one.body.id, two.body.id], [1, 2])
  assert.equal((await films.rent(47, 2, 'key-1')).body.id, 2)
})

test('a request that was refused has not used up its key', async (t) => {
  const films = await openFilms(t)
  assert.equal((await films.rent(46, 1, 'key-1')).status, 409)
  await films.confirmed(1)
  assert.equal((await films.rent(999_999, 1, 'key-1')).status, 404)
  assert.equal((await films.rent(46, 1, 'key-1')).status, 202)
})

test('of twenty requests with one key at once one makes a rental, and all get its answer', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  const answers = await Promise.all(Array.from({ length: 20 }, () => films.rent(46, 1, 'key-1')))
  for (const answer of answers) {
    assert.equal(answer.status, 202)
    assert.equal(answer.text, answers[0]?.text)
  }
  await films.bus.settled()
  assert.equal(films.mails.length, 1)
  assert.equal((await films.get('/rentals', 1)).body.total, 1)
})

test('of twenty requests with one key for twenty films at once one makes a rental', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => films.rent(i + 1, 1, 'key-1')))
  assert.equal(answers.filter(({ status }) => status === 202).length, 1)
  assert.equal(answers.filter(({ status }) => status === 422).length, 19)
  await films.bus.settled()
  assert.equal(films.mails.length, 1)
})

test('of twenty requests without a key for one film at once the last one awaits its code', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  await Promise.all(Array.from({ length: 20 }, () => films.rent(46)))
  const { items } = (await films.get('/rentals?pageSize=100', 1)).body
  const open = items.filter(({ status }: { status: string }) => status === 'awaiting-code')
  assert.deepEqual(open, [items[0]])
  assert.equal(items.length, 20)
})

for (const key of ['', ' ', 'two words', 'ключ', 'x'.repeat(256), 'a\tb']) {
  test(`the key ${JSON.stringify(key.slice(0, 20))} is answered 400 and makes no rental`, async (t) => {
    const films = await openFilms(t)
    await films.confirmed(1)
    const { status, body } = await films.rent(46, 1, key)
    assert.equal(status, 400)
    assert.equal(body.errors[0].field, 'Idempotency-Key')
    assert.equal((await films.get('/rentals', 1)).body.total, 0)
  })
}
