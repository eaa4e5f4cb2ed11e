/** The parts of a load: what it is told, how it keeps its pace, and what it says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from '../command-line.ts'
import { openLoop } from './open-loop.ts'
import { readOptions } from './options.ts'
import { openRecord } from './record.ts'
import { duration, json, summary } from './report.ts'

test('without options it signs in and rents in turn at the standard addresses', () => {
  assert.deepEqual(readOptions([]), {
    url: 'http://localhost:3000',
    mailbox: 'http://localhost:8025',
    rate: 20,
    seconds: 10,
    concurrency: 100,
    users: 20,
    kinds: ['sign-ins', 'rentals'],
    json: false,
  })
  assert.deepEqual(readOptions(['--only', 'films', '--rate', '0.5'])?.kinds, ['films'])
  assert.equal(readOptions(['--help']), undefined)
})

const refused: readonly (readonly [words: readonly string[], says: RegExp])[] = [
  [['--rate', 'fast'], /^--rate is "fast": it must be a number from 0.1 to 10000$/],
  [['--rate', '-1'], /--rate/],
  [['--seconds', '0'], /^--seconds is "0": it must be a number/],
  [['--users', '1.5'], /^--users is "1.5": it must be a whole number/],
  [['--concurrency', '0'], /^--concurrency is "0"/],
  [['--only', 'mails'], /^--only is "mails": it must be one of sign-ins, rentals, films$/],
  [['--url', 'localhost:3000'], /^--url is "localhost:3000": it must be an http/],
  [['--mailbox', 'http://localhost:8025/page'], /^--mailbox is .* without a path$/],
  [['--speed', '9'], /--speed/],
  [['20'], /20/],
]

for (const [words, says] of refused) {
  test(`${words.join(' ')} is refused in a sentence`, () => {
    assert.throws(
      () => readOptions(words),
      (error) => error instanceof UsageError && says.test(error.message),
    )
  })
}

test('work that takes long holds back nothing that is due', async () => {
  const startedAt = performance.now()
  const begun: number[] = []
  const pace = { perSecond: 100, seconds: 0.2, atOnce: 100, patienceMs: 1000 }
  const outcome = await openLoop(pace, async () => {
    begun.push(performance.now() - startedAt)
    await sleep(1000)
  })
  assert.deepEqual(outcome, { started: 20, givenUp: 0 })
  assert.ok((begun.at(-1) ?? 0) < 1000, `the last began after ${begun.at(-1)} ms`)
  assert.ok((begun.at(-1) ?? 0) >= 189)
})

test('what waits for its turn is due when it was due', async () => {
  const waits: number[] = []
  await openLoop({ perSecond: 100, seconds: 0.05, atOnce: 1, patienceMs: 5000 }, async (_, dueAt) => {
    waits.push(performance.now() - dueAt)
    await sleep(40)
  })
  assert.equal(waits.length, 5)
  // The fifth is due after 40 ms and begins after four of 40 ms.
  assert.ok((waits[4] ?? 0) >= 110, `the last waited ${waits[4]} ms`)
})

test('once all have ended nothing keeps the process', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  await openLoop({ perSecond: 100, seconds: 0.03, atOnce: 1, patienceMs: 60_000 }, () => sleep(20))
  assert.equal(timers(), before)
})

test('what never has its turn is given up and counted', async () => {
  const outcome = await openLoop({ perSecond: 100, seconds: 0.1, atOnce: 1, patienceMs: 50 }, () => sleep(400))
  assert.deepEqual(outcome, { started: 1, givenUp: 9 })
})

test('the summary has a row for each step, and says what failed how often', () => {
  const record = openRecord()
  for (let ms = 1; ms <= 100; ms += 1) record.succeeded('sign-in', ms)
  record.failed('sign-in', '503')
  record.failed('rental asked', '429')
  record.failed('rental asked', '429')
  const options = readOptions(['--json'])
  assert.ok(options)
  const result = { options, seconds: 10, outcome: { started: 103, givenUp: 2 }, steps: record.steps(10) }
  const text = summary(result)
  assert.match(text, /^asked for 20 operations\/s for 10 s: 103 in 10.0 s, and 2 never had their turn$/m)
  assert.match(text, /^sign-in +100 +10.0 +50 ms +95 ms +99 ms +100 ms$/m)
  assert.match(text, /^rental asked +0 +0.0 +– +– +– +–$/m)
  assert.match(text, /^ +1 × sign-in: 503$/m)
  assert.match(text, /^ +2 × rental asked: 429$/m)
  assert.match(text, /RATE_LIMITS=off/)
  const { steps, rate, givenUp } = JSON.parse(json(result))
  assert.deepEqual([rate, givenUp, steps[0].p99Ms, steps[1].p50Ms, steps[1].errors], [20, 2, 99, null, { '429': 2 }])
})

test('durations are short', () => {
  assert.deepEqual([3.26, 61.4, 9999, 12_345, Number.NaN].map(duration), ['3.3 ms', '61 ms', '9999 ms', '12.3 s', '–'])
})
