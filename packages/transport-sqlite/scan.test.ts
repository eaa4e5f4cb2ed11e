/** Every shard is read to the end, each id once, whatever places they start from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextStretch, scanRows } from './scan.ts'
import { shardCount } from './shard.ts'

test('shards that stand at the same place are read together', () => {
  const shards = [
    { no: 0, pos: 5 },
    { no: 3, pos: 5 },
    { no: 4, pos: 9 },
  ]
  assert.deepEqual(nextStretch(shards, 20, 0), { mask: 0b1001, from: 5, to: 9 })
  assert.deepEqual(nextStretch(shards, 20, 1), { mask: 0b10000, from: 9, to: 20 })
})

test('at the end there is nothing to read', () => {
  assert.equal(nextStretch([{ no: 0, pos: 7 }], 7, 0), undefined)
  assert.equal(nextStretch([], 7, 0), undefined)
})

test('one read walks over no more than a bounded number of rows', () => {
  assert.deepEqual(nextStretch([{ no: 1, pos: 0 }], 10_000_000, 0), { mask: 2, from: 0, to: scanRows })
})

test('from any places, all shards reach the end, and none passes over an id', () => {
  const places = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: shardCount })
  fc.assert(
    fc.property(places, (positions) => {
      const shards = positions.map((pos, no) => ({ no, pos }))
      for (let turn = 0; ; turn += 1) {
        const stretch = nextStretch(shards, 90_000, turn)
        if (!stretch) break
        assert.ok(stretch.to > stretch.from && turn < 100)
        for (const shard of shards) {
          if (!((stretch.mask >> shard.no) & 1)) continue
          assert.equal(shard.pos, stretch.from)
          shard.pos = stretch.to
        }
      }
      assert.ok(shards.every((shard) => shard.pos === 90_000))
    }),
  )
})
