import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLines } from './lines.ts'

test('the first of a line goes at once, the others when the one before them has ended', () => {
  const lines = createLines<string>()
  assert.equal(lines.join('a', '1'), true)
  assert.equal(lines.join('a', '2'), false)
  assert.equal(lines.join('a', '3'), false)
  assert.equal(lines.next('a'), '2')
  assert.equal(lines.next('a'), '3')
  assert.equal(lines.next('a'), undefined)
})

test('lines of different places do not wait for each other, and one that has emptied begins anew', () => {
  const lines = createLines<string>()
  assert.equal(lines.join('a', 'a1'), true)
  assert.equal(lines.join('b', 'b1'), true)
  assert.equal(lines.next('a'), undefined)
  assert.equal(lines.join('a', 'a2'), true)
  assert.equal(lines.join('b', 'b2'), false)
})

test('those that wait can be taken out, the first cannot', () => {
  const lines = createLines<string>()
  for (const one of ['x1', 'x2', 'y1', 'x3']) lines.join('a', one)
  assert.deepEqual(
    lines.drop('a', (one) => one.startsWith('x')),
    ['x2', 'x3'],
  )
  assert.equal(lines.next('a'), 'y1')
})

test('a place whose waiting ones were all taken out is still busy with its first', () => {
  const lines = createLines<string>()
  for (const one of ['x1', 'x2']) lines.join('a', one)
  lines.drop('a', () => true)
  assert.equal(lines.join('a', 'x3'), false)
  assert.equal(lines.next('a'), 'x3')
  assert.equal(lines.next('a'), undefined)
})
