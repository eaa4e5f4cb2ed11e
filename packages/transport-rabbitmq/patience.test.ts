import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPatience } from './patience.ts'

test('what was sent first has its time from then on, whatever else is confirmed', () => {
  const patience = createPatience(100)
  const stuck = { since: 10 }
  const looks = [20, 60, 110, 111].map((now) => patience.isOver(stuck, now))
  assert.deepEqual(looks, [false, false, false, true])
})

test('what waits behind others has its time from when it is the first, and nothing has none', () => {
  const patience = createPatience(100)
  const sent = Array.from({ length: 10 }, () => ({ since: 0 }))
  const looks = sent.map((oldest, i) => patience.isOver(oldest, 50 * (i + 1)))
  assert.deepEqual([...new Set(looks)], [false])
  assert.equal(patience.isOver(sent.at(-1), 600), false)
  assert.equal(patience.isOver(sent.at(-1), 601), true)
  assert.equal(patience.isOver(undefined, 10_000), false)
})
