import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from '@vestnik/bus/errors'
import { bindable, readerOf } from './values.ts'

test('what PostgreSQL cannot hold as text is refused with words that say so', () => {
  for (const text of ['a\0b', '\ud800', 'half \udc00']) {
    assert.throws(() => bindable('INSERT', ['fine', text]), /bind value 2 of "INSERT": a text with NUL or half/)
  }
  assert.deepEqual(bindable('INSERT', ['🔑', '']), ['🔑', ''])
})

test('numbers are written so that the server reads the same', () => {
  const numbers = [0, -1, 2 ** 53, 0.1, 5e-324, 1e300, 2n ** 63n - 1n, -(2n ** 63n)]
  assert.deepEqual(
    bindable('', numbers).map((text) => Number(text)),
    numbers.map(Number),
  )
  assert.throws(() => bindable('', [2n ** 63n]), BusError)
})

test('a part of a larger piece of bytes is bound as that part', () => {
  const [bytes] = bindable('', [new Uint8Array([1, 2, 3, 4]).subarray(1, 3)])
  assert.deepEqual(bytes, Buffer.from([2, 3]))
})

test('each type is read as the value that every store gives for it', () => {
  const read = (type: number, text: string) => readerOf(type)(text)
  assert.equal(read(20, '9007199254740991'), 9007199254740991)
  assert.equal(read(20, '9007199254740993'), 9007199254740993n)
  assert.equal(read(23, '-5'), -5)
  assert.equal(read(16, 't'), 1)
  assert.equal(read(16, 'f'), 0)
  assert.equal(read(1700, '12'), 12)
  assert.equal(read(1700, '123456789012345678901'), 123456789012345678901n)
  assert.equal(read(1700, '0.10'), '0.10')
  assert.equal(read(701, '0.1'), 0.1)
  assert.deepEqual(read(17, '\\x00ff'), new Uint8Array([0, 255]))
  assert.equal(read(1184, '2026-01-01 00:00:00+00'), '2026-01-01 00:00:00+00')
  assert.equal(read(3802, '{"a": 1}'), '{"a": 1}')
})
