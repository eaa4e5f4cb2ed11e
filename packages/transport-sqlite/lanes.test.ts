/** Of each key one at a time, in order; what waits behind a slow one makes room for others and comes back in its place. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Held, type Lanes, startLanes } from './lanes.ts'

let lastTag = 0
function held(id: string, shard = 0): Held {
  lastTag += 1
  const message = { id, topic: 't', headers: {}, body: new Uint8Array(), redelivered: false, at: '' }
  return { tag: lastTag, shard, bytes: 1, message, started: false, returns: 0 }
}

const taken = (lanes: Lanes) => {
  const lane = lanes.take(0)
  assert.ok(lane)
  return lane
}
const idOf = (lanes: Lanes) => lanes.take(0)?.queue[0]?.message.id

test('a key waits for its first message, and other keys do not', () => {
  const lanes = startLanes()
  for (const id of ['a1', 'a2', 'b1']) lanes.add(held(id), id.charAt(0))
  const first = taken(lanes)
  assert.equal(idOf(lanes), 'b1')
  assert.equal(idOf(lanes), undefined)
  lanes.finish(first)
  assert.equal(idOf(lanes), 'a2')
})

test('messages without a key wait for none', () => {
  const lanes = startLanes()
  for (const id of ['1', '2', '3']) lanes.add(held(id), undefined)
  assert.deepEqual([idOf(lanes), idOf(lanes), idOf(lanes), idOf(lanes)], ['1', '2', '3', undefined])
})

test('a first message that starts again comes before its followers', () => {
  const lanes = startLanes()
  for (const id of ['a1', 'a2']) lanes.add(held(id), 'a')
  lanes.restart(taken(lanes))
  assert.equal(idOf(lanes), 'a1')
})

test('nothing of a held-back shard is taken until it is let go', () => {
  const lanes = startLanes()
  lanes.holdBack(1)
  lanes.add(held('a1', 1), 'a')
  lanes.add(held('b1', 2), 'b')
  assert.deepEqual([idOf(lanes), idOf(lanes)], ['b1', undefined])
  lanes.letGo(1)
  assert.equal(idOf(lanes), 'a1')
})

test('a dropped shard leaves nothing to take', () => {
  const lanes = startLanes()
  for (const id of ['a1', 'a2']) lanes.add(held(id, 1), 'a')
  lanes.add(held('1', 1), undefined)
  assert.equal(lanes.drop(1).length, 3)
  assert.equal(idOf(lanes), undefined)
  lanes.add(held('a3', 1), 'a')
  assert.equal(idOf(lanes), 'a3')
})

test('what waits behind a slow one leaves, and is asked for when that has finished', () => {
  const lanes = startLanes()
  for (const id of ['a1', 'a2', 'a3', 'b1']) lanes.add(held(id), id.charAt(0))
  const slow = taken(lanes)
  const [found, ...others] = lanes.behindSlow(1)
  assert.deepEqual([found?.waiting.map(({ message }) => message.id), others.length], [['a2', 'a3'], 0])
  assert.equal(lanes.finish(slow), true)
})

test('what comes while the rest was asked for follows behind it', () => {
  const lanes = startLanes()
  for (const id of ['a1', 'a2']) lanes.add(held(id), 'a')
  const lane = taken(lanes)
  lanes.behindSlow(1)
  lanes.finish(lane)
  lane.late.push(held('a3'))
  lanes.add(held('a2'), 'a')
  lanes.catchUp(lane)
  lanes.finish(taken(lanes))
  assert.equal(idOf(lanes), 'a3')
})

test('whatever happens, each key runs one at a time and in order, and all run', () => {
  const adds = fc.array(fc.constantFrom('a', 'b', 'c', undefined), { maxLength: 60 })
  fc.assert(
    fc.property(adds, fc.infiniteStream(fc.nat(9)), (keys, chance) => {
      const lanes = startLanes()
      const seen = new Map<string | undefined, number[]>()
      const running: ReturnType<typeof taken>[] = []
      let finished = 0
      keys.forEach((key, i) => void lanes.add(held(String(i)), key))
      while (finished < keys.length) {
        const lane = lanes.take(0)
        if (lane) {
          assert.ok(lane.key === undefined || !running.some((other) => other.key === lane.key))
          running.push(lane)
        }
        const luck = chance.next().value ?? 0
        const done = luck > 4 || !lane ? running.shift() : undefined
        if (done && luck === 9) lanes.restart(done)
        else if (done) {
          seen.set(done.key, [...(seen.get(done.key) ?? []), Number(done.queue[0]?.message.id)])
          lanes.finish(done)
          finished += 1
        }
      }
      for (const key of ['a', 'b', 'c']) {
        const ids = seen.get(key) ?? []
        assert.deepEqual(
          ids,
          ids.toSorted((a, b) => a - b),
        )
      }
      assert.deepEqual([...lanes.all()], [])
    }),
  )
})
