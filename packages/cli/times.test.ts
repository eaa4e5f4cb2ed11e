/** Times as people say them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromNow, momentAndAge } from './times.ts'

const now = Date.UTC(2026, 0, 17, 15, 32, 26)

test('a time is told in the largest unit that it fills', () => {
  const told = [0, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000, 9e8].map((ms) =>
    fromNow(now - ms, now),
  )
  const expected = ['now', 'now', '1 s ago', '59 s ago', '1 min ago', '59 min ago', '1 h ago', '1 d ago', '10 d ago']
  assert.deepEqual(told, expected)
})

test('what is to come is told too', () => {
  assert.equal(fromNow(now + 61_000, now), 'in 1 min')
})

test('the moment stands beside it, in UTC', () => {
  assert.equal(momentAndAge(now - 3_000, now), '2026-01-17 15:32:23 UTC (3 s ago)')
})

test('a time that is none is shown as it is', () => {
  assert.equal(momentAndAge(1e20, now).slice(0, 24), '100000000000000000000 ms')
})
