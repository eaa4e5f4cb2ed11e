/** Two instances of the films service keep the rules of rentals together. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openTwo } from '../../tools/databases/test-store.ts'
import { type Answer, type Films, type FilmsOptions, openFilms } from './films.fixture.ts'

/** User 1 is confirmed. What either mails is in one list. */
async function openBoth(t: TestContext, options: FilmsOptions = {}) {
  const [one, other] = await openTwo()
  const both = await Promise.all([one, other].map((store) => openFilms(t, { ...options, store })))
  const [first] = both
  await first?.confirmed(1)
  for (const { bus } of both) await bus.settled() // either may have taken it
  const atBoth = (times: number, ask: (films: Films, n: number) => Promise<Answer>): Promise<Answer[]> => {
    const asks = Array.from({ length: times }, (_, n) => both.map((films, i) => () => ask(films, 2 * n + i)))
    return Promise.all(asks.flat().map(untilAnswered))
  }
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
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [...times(3, 202), ...times(7, 429)])
})

test('of confirmations with the right code, at both at once, one is right', { timeout: 60_000 }, async (t) => {
  const { both, atBoth, mails } = await openBoth(t)
  const { body } = (await both[0]?.rent(46)) ?? assert.fail()
  const [{ code = '' } = {}] = await mails()
  const answers = await atBoth(5, (films) => films.confirm(body.id, code))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, ...times(9, 422)])
  await mails()
  assert.equal(both.flatMap(({ rented }) => rented).length, 1)
})

/** Who waits for too long behind others, as on a busy machine, is told to try again. */
async function untilAnswered(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
  }
}

const times = (count: number, status: number): readonly number[] => Array.from({ length: count }, () => status)
