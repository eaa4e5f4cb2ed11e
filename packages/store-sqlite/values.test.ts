/** What may be bound, and how. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus/errors'
import type { SqlValue } from '@vestnik/bus/store'
import { bindable } from './values.ts'

test('strings, bytes, null, fractions and bigints are bound as they are', () => {
  const values = ['a', '', new Uint8Array([1]), null, 0.5, 2n ** 63n - 1n, -(2n ** 63n)]
  assert.deepEqual(bindable('SELECT 1', values), values)
})

test('whole numbers are bound as integers, not as REAL', () => {
  assert.deepEqual(bindable('SELECT 1', [5, -1, 0]), [5n, -1n, 0n])
  assert.deepEqual(bindable('SELECT 1', [2 ** 60]), [2 ** 60])
})

test('what the driver would silently turn into something else is refused, with its place and kind', () => {
  const wrong: readonly [unknown, RegExp][] = [
    [undefined, /undefined/],
    [Number.NaN, /NaN/],
    [Number.POSITIVE_INFINITY, /Infinity/],
    [true, /true/],
    [new Date(0), /a Date/],
    [{}, /a Object/],
    [Object.create(null), /without prototype/],
    [2n ** 63n, /9223372036854775808/],
    [Symbol('s'), /symbol/],
    [() => 1, /function/],
  ]
  for (const [value, words] of wrong) {
    assert.throws(
      () => bindable('SELECT ?, ?', ['fine', value as SqlValue]),
      (error) => hasCode(error, 'SQL_VALUE') && words.test(error.message) && /value 2 of "SELECT/.test(error.message),
    )
  }
})

test('the message of a refused value never holds the value of a string', () => {
  assert.throws(
    () => bindable(`SELECT ${'?, '.repeat(100)}?`, ['secret', undefined as unknown as SqlValue]),
    (error) => hasCode(error, 'SQL_VALUE') && !error.message.includes('secret') && error.message.length < 250,
  )
})
