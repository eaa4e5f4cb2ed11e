import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLines } from './lines.ts'

test('the first of a line goes at once, the others when the one before them has ended', () => {
  const line = createLines<string>().of('a')
  assert.equal(line.join('1'), true)
  assert.equal(line.join('2'), false)
  assert.equal(line.join('3'), false)
  assert.equal(line.next(), '2')
  assert.equal(line.next(), '3')
  assert.equal(line.next(), undefined)
})

test('lines of different places do not wait for each other, and one that has emptied begins anew', () => {
  const lines = createLines<string>()
  assert.equal(lines.of('a').join('a1'), true)
  assert.equal(lines.of('b').join('b1'), true)
  assert.equal(lines.of('a').next(), undefined)
  assert.equal(lines.of('a').join('a2'), true)
})

test('those that wait can be taken out, the first cannot', () => {
  const line = createLines<string>().of('a')
  for (const one of ['x1', 'x2', 'y1', 'x3']) line.join(one)
  assert.deepEqual(
    line.drop((one) => one.startsWith('x')),
    ['x2', 'x3'],
  )
  assert.equal(line.next(), 'y1')
})
