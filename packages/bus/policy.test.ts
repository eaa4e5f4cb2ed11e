import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BusError, permanent, uncertain } from './errors.ts'
import { decide, type Failure, parks } from './policy.ts'

const policy = { attempts: 4, firstDelayMs: 100, maxDelayMs: 350 }
const full = () => 0
const failure = (also: Partial<Failure> = {}): Failure => ({
  error: new Error('once more'),
  attempts: 1,
  expires: undefined,
  now: 1_000,
  ...also,
})

const cases: readonly [string, Failure, unknown][] = [
  ['the first failure waits the first delay', failure(), { state: 'held', afterMs: 100 }],
  ['the second waits twice as long', failure({ attempts: 2 }), { state: 'held', afterMs: 200 }],
  ['no delay is longer than the largest', failure({ attempts: 3 }), { state: 'held', afterMs: 350 }],
  ['the last attempt is the last', failure({ attempts: 4 }), { state: 'dead', reason: '4 attempts failed' }],
  ['a permanent error is final', failure({ error: permanent('no') }), { state: 'dead', reason: 'permanent error' }],
  [
    'a wrong payload is final',
    failure({ error: new BusError('INVALID_PAYLOAD', 'n') }),
    { state: 'dead', reason: 'wrong schema' },
  ],
  [
    'an error of any other code is tried again',
    failure({ error: new BusError('TX_TOO_SLOW', 'slow') }),
    { state: 'held', afterMs: 100 },
  ],
  [
    'what is thrown without being an Error is tried again',
    failure({ error: 'a word' }),
    { state: 'held', afterMs: 100 },
  ],
  ['nothing is tried past its life', failure({ expires: 1_100 }), { state: 'dead', reason: 'expired' }],
  ['what fits into its life is tried', failure({ expires: 1_101 }), { state: 'held', afterMs: 100 }],
]

for (const [title, given, expected] of cases) {
  test(title, () => assert.deepEqual(decide(given, policy, 'repeat', full), expected))
}

test('a doubt is repeated or final, as the contract says', () => {
  const doubt = failure({ error: uncertain('who knows') })
  assert.equal(decide(doubt, policy, 'repeat', full).state, 'held')
  assert.deepEqual(decide(doubt, policy, 'dead', full), { state: 'dead', reason: 'uncertain' })
})

test('chance shortens a delay by up to half, and never lengthens it', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 1, max: 3 }),
      (chance, attempts) => {
        const decision = decide(failure({ attempts }), policy, 'repeat', () => chance)
        const longest = Math.min(100 * 2 ** (attempts - 1), 350)
        assert.ok(
          decision.state === 'held' && decision.afterMs <= longest && decision.afterMs >= Math.floor(longest / 2),
        )
      },
    ),
  )
})

test('only a dead letter of a parking contract parks, and one that expired never does', () => {
  assert.equal(parks('park', 'permanent error'), true)
  assert.equal(parks('park', 'expired'), false)
  assert.equal(parks('continue', 'permanent error'), false)
})
