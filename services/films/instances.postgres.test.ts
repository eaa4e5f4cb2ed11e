/** Two instances of the films service keep the rules of rentals together. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openTwo } from '../../tools/databases/test-store.ts'
import { type Films, type FilmsOptions, openFilms } from './films.fixture.ts'

/** User 1 is confirmed. What either mails is in one list. */
async function openBoth(t: TestContext, options: FilmsOptions = {}) {
  const [one, other] = await openTwo()
  const both = await Promise.all([one, other].map((store) => openFilms(t, { ...options, store })))
  const [first] = both
  await first?.confirmed(1)
  const atBoth = <R>(times: number, work: (films: Films, n: number) => Promise<R>): Promise<R[]> =>
    Promise.all(Array.from({ length: times }, (_, n) => both.map((films, i) => work(films, 2 * n + i))).flat())
  async function mails() {
    for (const { bus } of both) await bus.settled()
    return both.flatMap((films) => films.mails)
  }
  return { both, atBoth, mails }
}

test('of requests with one key, at both at once, one makes a rental and a mail', { timeout: 60_000 }, async (t) => {
  const { both, atBoth, mails } = await openBoth(t)
  const answers = await atBoth(5, (films) => films.rent(46, 1, 'key-1'))
  assert.deepEqual(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size, 1)
  assert.equal((await both[1]?.get('/rentals', 1))?.body.total, 1)
  assert.equal((await mails()).length, 1)
})

test('so many requests of one user await their codes, whichever is asked', { timeout: 60_000 }, async (t) => {
  const { atBoth } = await openBoth(t, { openRequests: 3 })
  const answers = await atBoth(5, (films, n) => films.rent(40 + n))
  assert.equal(answers.filter(({ status }) => status === 202).length, 3)
  // On a busy machine one may wait for too long behind the others, and is told to try again.
  for (const { status } of answers) assert.ok([202, 429, 503].includes(status), `${status}`)
})

test('of confirmations with the right code, at both at once, one is right', { timeout: 60_000 }, async (t) => {
  const { both, atBoth, mails } = await openBoth(t)
  const { body } = (await both[0]?.rent(46)) ?? assert.fail()
  const [{ code = '' } = {}] = await mails()
  const answers = await atBoth(5, (films) => films.confirm(body.id, code))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, ...Array.from({ length: 9 }, () => 422)])
  await mails()
  assert.equal(both.flatMap(({ rented }) => rented).length, 1)
})
