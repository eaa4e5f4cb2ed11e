/** What may be committed of a partition. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWatermark } from './watermark.ts'

test('a later record that has ended is not committed while an earlier one runs', () => {
  const watermark = createWatermark(10)
  for (const offset of [10, 11, 12]) watermark.add(offset)
  watermark.reach(13)
  watermark.finish(11)
  watermark.finish(12)
  assert.equal(watermark.low(), 10)
  assert.equal(watermark.size(), 1)
  watermark.finish(10)
  assert.equal(watermark.low(), 13)
  assert.equal(watermark.size(), 0)
})

test('offsets that the log leaves out hold nothing back', () => {
  const watermark = createWatermark(0)
  watermark.add(3)
  watermark.add(90)
  watermark.reach(120)
  assert.equal(watermark.low(), 3)
  watermark.finish(3)
  assert.equal(watermark.low(), 90)
  watermark.finish(90)
  assert.equal(watermark.low(), 120)
})

test('what was read without records is passed', () => {
  const watermark = createWatermark(5)
  assert.equal(watermark.low(), 5)
  watermark.reach(9)
  assert.equal(watermark.low(), 9)
})

test('any order of ends comes to the same, over many records', () => {
  const watermark = createWatermark(0)
  const offsets = Array.from({ length: 10_000 }, (_, i) => i)
  for (const offset of offsets) watermark.add(offset)
  watermark.reach(offsets.length)
  const ended = new Set<number>()
  for (const offset of offsets.map((i) => (i * 7919) % 10_000)) {
    watermark.finish(offset)
    ended.add(offset)
    if (offset % 97 > 0) continue
    const low = watermark.low()
    assert.ok(!ended.has(low))
    for (let below = Math.max(0, low - 50); below < low; below += 1) assert.ok(ended.has(below))
  }
  assert.equal(watermark.low(), 10_000)
})

test('it knows what has ended beyond the first that has not', () => {
  const watermark = createWatermark(0)
  for (const offset of [0, 1, 2, 5, 6, 9]) watermark.add(offset)
  watermark.reach(10)
  assert.deepEqual(watermark.ended(), [])
  for (const offset of [2, 5, 9]) watermark.finish(offset)
  assert.equal(watermark.low(), 0)
  assert.deepEqual(watermark.ended(), [
    [2, 5],
    [9, 9],
  ])
  for (const offset of [0, 1, 6]) watermark.finish(offset)
  assert.equal(watermark.low(), 10)
  assert.deepEqual(watermark.ended(), [])
})
