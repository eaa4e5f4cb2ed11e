import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLanes, type Held } from './lanes.ts'

const held = (tag: number): Held => {
  return {
    tag,
    message: { id: '', topic: 't', headers: {}, body: new Uint8Array(), redelivered: false, at: '' },
    returns: 0,
  }
}

test('of a key only the first message may start, and the next one when it has ended', () => {
  const lanes = createLanes()
  const lane = lanes.add(held(1), 'a')
  assert.ok(lane)
  assert.equal(lanes.add(held(2), 'a'), undefined)
  assert.equal(lanes.finish(lane), true)
  assert.equal(lane.held[0]?.tag, 2)
  assert.equal(lanes.finish(lane), false)
  assert.ok(lanes.add(held(3), 'a'), 'a key that has come to its end starts anew')
})

test('keys do not wait for each other, and what has no key waits for nothing', () => {
  const lanes = createLanes()
  for (const [tag, key] of [
    [1, 'a'],
    [2, 'b'],
    [3, undefined],
    [4, undefined],
  ] as const) {
    assert.ok(lanes.add(held(tag), key))
  }
  assert.equal(lanes.size(), 4)
})
