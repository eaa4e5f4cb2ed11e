/** Which record of a partition may start. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLanes } from './lanes.ts'
import type { KafkaRecord } from './records.ts'

const record = (offset: number): KafkaRecord => ({
  offset,
  timestamp: 0,
  bytes: 1,
  key: null,
  value: null,
  headers: () => [],
})

test('of a key only the first may start, and the next when it has ended', () => {
  const lanes = createLanes()
  const lane = lanes.add(record(0), 'a')
  assert.ok(lane)
  assert.equal(lanes.add(record(1), 'a'), undefined)
  assert.equal(lanes.add(record(2), 'a'), undefined)
  assert.equal(lanes.finish(lane), true)
  assert.equal(lane.first.record.offset, 1)
  assert.equal(lanes.finish(lane), true)
  assert.equal(lanes.finish(lane), false)
  assert.ok(lanes.add(record(3), 'a'), 'a key that has ended begins anew')
})

test('keys do not wait for each other, and records without a key for nothing', () => {
  const lanes = createLanes()
  assert.ok(lanes.add(record(0), 'a'))
  assert.ok(lanes.add(record(1), 'b'))
  for (const offset of [2, 3, 4]) {
    const lane = lanes.add(record(offset), undefined)
    assert.ok(lane)
    assert.equal(lanes.finish(lane), false)
  }
})
