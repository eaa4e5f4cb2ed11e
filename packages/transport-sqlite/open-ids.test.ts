/** The blob of unfinished ids says what was put into it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeOpenIds, encodeOpenIds } from './open-ids.ts'

const gaps = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 2 ** 40 }), handedOut: fc.boolean() }), {
  maxLength: 50,
})

test('any rising ids come back as they were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 44 }), gaps, (low, steps) => {
      let id = low
      const ids = steps.map(({ gap, handedOut }) => {
        id += gap
        return { id, handedOut }
      })
      assert.deepEqual(decodeOpenIds(low, encodeOpenIds(low, ids)), ids)
    }),
  )
})

test('neighbours take a byte each', () => {
  const ids = Array.from({ length: 100 }, (_, i) => ({ id: 1_000_001 + i, handedOut: true }))
  assert.equal(encodeOpenIds(1_000_000, ids).length, 100)
})
