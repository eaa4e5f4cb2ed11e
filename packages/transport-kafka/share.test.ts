/** What a member knows of one partition, and what it commits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lane } from './lanes.ts'
import { beginningOf } from './mark.ts'
import type { KafkaRecord } from './records.ts'
import { createShare, type Share } from './share.ts'

const place = { topicId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', partition: 3 }
const log = { topicId: place.topicId, start: 0, end: 1_000_000 }

const record = (offset: number, key?: string, bytes = 10): KafkaRecord => {
  return {
    offset,
    timestamp: 0,
    bytes,
    key: key === undefined ? null : Buffer.from(key),
    value: null,
    headers: () => [],
  }
}

/** A share that goes on where the other one's last commit says. */
function begun(before?: Share, ordered = true) {
  const share = createShare(place)
  share.begin(beginningOf(before ? { ...before.commit() } : { offset: -1, metadata: null, leaderEpoch: -1 }, log))
  const take = (...records: readonly KafkaRecord[]): readonly Lane[] => {
    return share.take([{ records, nextOffset: (records.at(-1)?.offset ?? -1) + 1, leaderEpoch: 1 }], ordered)
  }
  return { share, take }
}

const offsetsOf = (lanes: readonly Lane[]) => lanes.map(({ first }) => first.record.offset)

test('nothing is handed out before the broker knows that it may have been', () => {
  const { share, take } = begun()
  const [lane] = take(record(0, 'a'))
  assert.ok(lane)
  assert.equal(share.mayStart(lane), false)
  const commit = share.commit()
  assert.equal(commit.offset, 0)
  assert.deepEqual(share.committed(commit), [lane])
  assert.equal(share.mayStart(lane), true)
})

test('what is far ahead of all marks starts after one more commit', () => {
  const { share, take } = begun()
  share.committed(share.commit())
  const lanes = take(...Array.from({ length: 3000 }, (_, i) => record(i, 'same')), record(3000, 'other'))
  assert.deepEqual(offsetsOf(lanes), [0, 3000])
  const [, other] = lanes
  assert.ok(other)
  assert.equal(share.mayStart(other), false)
  assert.deepEqual(share.committed(share.commit()), [other])
  assert.equal(share.mayStart(other), true)
})

test('the next member is told exactly what was handed out when this one left in order', () => {
  const first = begun()
  first.share.committed(first.share.commit())
  const lanes = first.take(record(0, 'a'), record(1, 'b'), record(2, 'c'), record(3, 'd'))
  for (const lane of lanes.slice(0, 3)) assert.equal(first.share.start(lane), false)
  const [a, , c] = lanes
  if (a) first.share.finish(a)
  if (c) first.share.finish(c)
  first.share.isLeaving = true
  assert.equal(first.share.commit().offset, 1)

  const second = begun(first.share)
  assert.equal(second.share.position(), 1)
  const again = second.take(record(1, 'b'), record(2, 'c'), record(3, 'd'), record(4, 'e'))
  assert.deepEqual(offsetsOf(again), [1, 3, 4], 'what has ended is not handed out again')
  assert.deepEqual(
    again.map((lane) => second.share.start(lane)),
    [true, false, false],
  )
})

test('after a death all below the mark may have been handed out, and nothing beyond it', () => {
  const first = begun()
  const commit = first.share.commit()
  const second = begun(first.share)
  const lanes = second.take(...Array.from({ length: 200 }, (_, i) => record(i)))
  const told = lanes.map((lane) => second.share.start(lane))
  assert.equal(told.indexOf(false), commit.handedBelow)
  assert.ok(told.slice(commit.handedBelow).every((isRedelivered) => !isRedelivered))
})

test('what ended at the member before the last one does not come again either', () => {
  const first = begun()
  const lanes = first.take(...[0, 1, 2, 3, 4].map((offset) => record(offset, `k${offset}`)))
  for (const lane of lanes.slice(1)) first.share.finish(lane)
  const second = begun(first.share)
  // It leaves before it has read all of it.
  second.take(record(0, 'k0'), record(1, 'k1'))
  const third = begun(second.share)
  assert.deepEqual(offsetsOf(third.take(...[0, 1, 2, 3, 4, 5].map((offset) => record(offset, `k${offset}`)))), [0, 5])
})

test('what was handed back says so when it comes again', () => {
  const { share, take } = begun()
  const [lane] = take(record(0, 'a'))
  assert.ok(lane)
  assert.equal(share.start(lane), false)
  lane.first.returns += 1
  assert.equal(share.start(lane), true)
})

test('a partition takes no more when too much of it is in hand, and goes on when it has ended', () => {
  const { share, take } = begun()
  const lanes = take(record(0, 'a', 150_000), record(1, 'b', 150_000))
  assert.equal(share.wantsMore(), false)
  if (lanes[0]) share.finish(lanes[0])
  assert.equal(share.wantsMore(), true)
  take(...Array.from({ length: 4000 }, (_, i) => record(2 + i, 'many', 1)))
  assert.equal(share.wantsMore(), false)
})

test('of a batch that begins earlier only what is new is taken', () => {
  const first = begun()
  for (const lane of first.take(record(0), record(1))) first.share.finish(lane)
  const { take } = begun(first.share)
  assert.deepEqual(offsetsOf(take(record(0), record(1), record(2))), [2])
})

test('a batch that cannot be read is taken once, where the member stands', () => {
  const first = begun()
  for (const lane of first.take(record(0), record(1))) first.share.finish(lane)
  const second = begun(first.share)
  const lanes = second.take({ ...record(0), unreadable: 'it is broken' })
  assert.deepEqual(offsetsOf(lanes), [2])
})

test('without an order each record has a lane of its own', () => {
  const { take } = begun(undefined, false)
  assert.deepEqual(offsetsOf(take(record(0, 'a'), record(1, 'a'))), [0, 1])
})

test('what a later leader wrote where the log had lost its end is no record that has ended', () => {
  const first = begun()
  const lanes = first.take(...[0, 1, 2, 3].map((offset) => record(offset)))
  for (const lane of lanes.slice(1)) first.share.finish(lane)
  const { share } = begun(first.share)
  const ready = share.take(
    [
      { records: [record(0), record(1)], nextOffset: 2, leaderEpoch: 1 },
      { records: [record(2), record(3)], nextOffset: 4, leaderEpoch: 2 },
    ],
    true,
  )
  assert.deepEqual(offsetsOf(ready), [0, 2, 3])
  assert.equal(share.leaderEpoch(), 2)
})

test('what has ended further on stays so when a member ends that had not come so far', () => {
  const beginning = { offset: 0, redeliveredBelow: 10, ended: [[5, 9]], leaderEpoch: 7 } as const
  const share = createShare(place)
  share.begin(beginning)
  share.take([{ records: [record(0)], nextOffset: 1, leaderEpoch: 3 }], true)
  assert.equal(share.leaderEpoch(), 3)
  assert.equal(share.commit().leaderEpoch, 7)
  share.take([{ records: [record(1)], nextOffset: 20, leaderEpoch: 8 }], true)
  assert.equal(share.commit().leaderEpoch, 8)
})

test('a log that parts from what was read is gone on with from there, unless something of it is in hand', () => {
  const first = begun()
  for (const lane of first.take(...[0, 1, 2, 3].map((offset) => record(offset)))) first.share.finish(lane)
  assert.equal(first.share.rewind(1, 3), false)
  const { share } = begun(first.share)
  assert.equal(share.position(), 4)
  assert.equal(share.rewind(0, 2), true)
  assert.equal(share.position(), 2)
  assert.equal(share.commit().offset, 2)
  assert.deepEqual(offsetsOf(share.take([{ records: [record(2)], nextOffset: 3, leaderEpoch: 2 }], true)), [2])
})

test('a mark that is known is not taken back while more may start under it', () => {
  const { share, take } = begun()
  for (const lane of take(...Array.from({ length: 2000 }, (_, i) => record(i)))) share.start(lane)
  const far = share.commit()
  share.committed(far)
  assert.equal(far.handedBelow, 6000)
  assert.equal(share.commit().handedBelow, 6000)
  share.isLeaving = true
  assert.equal(share.commit().handedBelow, 2000)
})

test('a broker that takes only short marks gets shorter ones, down to none', () => {
  const { share, take } = begun()
  const lanes = take(...Array.from({ length: 1000 }, (_, i) => record(i)))
  for (const [i, lane] of lanes.entries()) if (i % 2 === 1) share.finish(lane)
  const lengths = Array.from({ length: 8 }, () => {
    share.sayLess()
    return share.commit().metadata.length
  })
  assert.deepEqual(
    lengths,
    lengths.toSorted((a, b) => b - a),
  )
  assert.equal(lengths.at(-1), 0)
})
