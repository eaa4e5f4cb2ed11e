/** How many handlers may be under way at once: what they did before says it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAhead } from './ahead.ts'

test('at first each handler waits for the one before it', () => {
  const ahead = createAhead(50)
  assert.equal(ahead.most(), 1)
  ahead.ended(49, 10)
  assert.equal(ahead.most(), 1)
})

test('when fifty in a row did not come back, as many go as end in time', () => {
  const ahead = createAhead(50)
  ahead.ended(50, 100) // 2 ms each
  assert.equal(ahead.most(), 25)
  ahead.ended(10, 5)
  assert.equal(ahead.most(), 100)
})

test('slow handlers wait for each other', () => {
  const ahead = createAhead(50)
  ahead.ended(50, 6_000)
  assert.equal(ahead.most(), 1)
})

test('a transaction in which nothing was handled says nothing of handlers', () => {
  const ahead = createAhead(50)
  ahead.ended(50, 100)
  for (const tookMs of [0, 5]) ahead.ended(0, tookMs)
  assert.equal(ahead.most(), 25)
})

test('after one that came back fifty more must not', () => {
  const ahead = createAhead(50)
  ahead.ended(1_000, 10)
  ahead.stop()
  assert.equal(ahead.most(), 1)
  ahead.ended(49, 1)
  assert.equal(ahead.most(), 1)
  ahead.ended(1, 1)
  assert.ok(ahead.most() > 1)
})
