/** A share for each key that fills up with time; who is one source. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { createHttp } from './http.ts'
import { Problem } from './problem.ts'
import { createRateLimiter, limitRequests, sourceOf } from './rate-limit.ts'

function limited(burst: number, everyMs: number, keys?: number) {
  const clock = { ms: 0 }
  const limiter = createRateLimiter(
    { burst, everyMs },
    { now: () => clock.ms, ...(keys === undefined ? {} : { keys }) },
  )
  const taken = (key: string, count: number) => Array.from({ length: count }).filter(() => isTaken(key)).length
  const isTaken = (key: string): boolean => {
    try {
      limiter.take(key)
      return true
    } catch (error) {
      assert.ok(error instanceof Problem && error.status === 429)
      return false
    }
  }
  return { limiter, clock, taken }
}

test('as many as the burst come through at once, and then one after each time', () => {
  const { clock, taken } = limited(5, 1000)
  assert.equal(taken('a', 1000), 5)
  clock.ms = 999
  assert.equal(taken('a', 10), 0)
  clock.ms = 3000
  assert.equal(taken('a', 10), 3)
  clock.ms = 60_000
  assert.equal(taken('a', 10), 5)
})

test('over any time no more come through than burst and time allow, however they are spread', () => {
  const { clock, taken } = limited(3, 100)
  let through = 0
  for (clock.ms = 0; clock.ms < 10_000; clock.ms += 7) through += taken('a', 1)
  assert.ok(through <= 3 + 100 && through >= 100, String(through))
})

test('one key does not use up the share of another', () => {
  const { taken } = limited(2, 1000)
  assert.deepEqual([taken('a', 5), taken('b', 5)], [2, 2])
})

test('who is refused is told when to come again, and being refused costs nothing', () => {
  const { limiter, clock, taken } = limited(1, 90_500)
  assert.equal(taken('a', 1), 1)
  clock.ms = 500
  for (let i = 0; i < 3; i += 1) {
    assert.throws(
      () => limiter.take('a'),
      (error) =>
        error instanceof Problem && error.headers['retry-after'] === '90' && /again in 90 s\.$/.test(error.message),
    )
  }
})

test('what is given back can be taken again, and no more than the burst', () => {
  const { limiter, taken } = limited(2, 1000)
  taken('a', 2)
  limiter.giveBack('a')
  assert.equal(taken('a', 5), 1)
  limiter.forget('a')
  limiter.giveBack('a')
  assert.equal(taken('a', 5), 2)
  for (let i = 0; i < 9; i += 1) limiter.giveBack('a')
  assert.equal(taken('a', 5), 2)
})

test('it remembers a bounded number of keys, the latest of them', () => {
  const { taken } = limited(1, 1_000_000, 100)
  taken('first', 1)
  for (let i = 0; i < 98; i += 1) taken(String(i), 1)
  assert.equal(taken('first', 1), 0)
  for (let i = 0; i < 200; i += 1) taken(`more ${i}`, 1)
  assert.equal(taken('first', 1), 1)
  assert.equal(taken('more 150', 1), 0)
})

test('without a rate nothing is limited', () => {
  const limiter = createRateLimiter(undefined)
  for (let i = 0; i < 10_000; i += 1) limiter.take('a')
})

const sources = [
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['1.2.3.4, 5.6.7.8', 'unknown'],
  ['', 'unknown'],
  ['%', 'unknown'],
] as const

for (const [ip, source] of sources) {
  test(`${JSON.stringify(ip)} is the source ${source}`, () => assert.equal(sourceOf(ip), source))
}

test('a source that asks too often gets 429 and when to come again, also at paths that are not there; health is answered', async () => {
  const health = async () => ({ judged: {}, reported: {} })
  const http = createHttp({ log: pino({ level: 'silent' }), health, trustProxy: ['127.0.0.1'] })
  limitRequests(http, createRateLimiter({ burst: 3, everyMs: 60_000 }))
  http.get('/thing', async () => ({}))
  const get = async (url: string, source: string) =>
    await http.inject({ url, headers: { 'x-forwarded-for': source }, remoteAddress: '127.0.0.1' })
  for (let i = 0; i < 2; i += 1) assert.equal((await get('/thing', '192.0.2.1')).statusCode, 200)
  assert.equal((await get('/none', '192.0.2.1')).statusCode, 404)
  const refused = await get('/thing', '192.0.2.1')
  assert.equal(refused.statusCode, 429)
  assert.equal(refused.headers['retry-after'], '60')
  assert.equal(refused.headers['content-type'], 'application/problem+json')
  assert.equal((await get('/none', '192.0.2.1')).statusCode, 429)
  assert.equal((await get('/thing', '192.0.2.2')).statusCode, 200)
  assert.equal((await get('/livez', '192.0.2.1')).statusCode, 200)
  await http.close()
})
