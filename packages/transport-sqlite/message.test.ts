/** A message comes out of its packing as it went in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyOf, pack, prefixBytes, roomFor, unpack } from './message.ts'

const text = fc.string({ unit: 'grapheme' })
const outgoing = fc.record({
  id: text,
  key: fc.option(text, { nil: undefined }),
  headers: fc.dictionary(text, text, { noNullPrototype: true }),
  body: fc.uint8Array(),
})

test('any message comes out as it went in, wherever it stands', () => {
  fc.assert(
    fc.property(outgoing, fc.nat(100), ({ id, key, headers, body }, offset) => {
      const message = { id, topic: 't', headers, body, ...(key === undefined ? {} : { key }) }
      const json = JSON.stringify(headers)
      const target = Buffer.alloc(offset + roomFor(message, json))
      const end = pack(target, offset, message, json)
      assert.deepEqual(unpack(target, offset, end), { id, key, headers, body })
      assert.equal(keyOf(target.subarray(offset, end)), key)
    }),
  )
})

test('an empty key is a key', () => {
  const message = { id: '', topic: 't', key: '', headers: {}, body: new Uint8Array() }
  const target = Buffer.alloc(100)
  assert.equal(pack(target, 0, message, '{}'), prefixBytes + 2)
  assert.equal(unpack(target, 0, prefixBytes + 2).key, '')
})

test('a body is its own copy', () => {
  const target = Buffer.alloc(100)
  const end = pack(target, 0, { id: 'a', topic: 't', headers: {}, body: Uint8Array.of(1, 2) }, '{}')
  const { body } = unpack(target, 0, end)
  target.fill(0)
  assert.deepEqual(body, Uint8Array.of(1, 2))
  assert.equal(body.buffer.byteLength, 2)
})
