/** What a commit says, and where the next member begins. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginningOf, markAhead, readMark, writeMark } from './mark.ts'

const topicId = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const leaderEpoch = 3
const log = { topicId, start: 0, end: 1000 }
const committed = (offset: number, handedBelow: number, id = topicId) => ({
  offset,
  metadata: writeMark({ topicId: id, handedBelow, ended: [] }),
  leaderEpoch,
})

test('a mark is read as it was written, and what others committed has none', () => {
  const mark = {
    topicId,
    handedBelow: 4711,
    ended: [
      [4701, 4701],
      [4703, 4705],
      [4709, 4710],
    ] as const,
  }
  assert.deepEqual(readMark(writeMark(mark)), mark)
  assert.deepEqual(readMark(writeMark({ ...mark, ended: [] })), { ...mark, ended: [] })
  for (const text of [null, '', 'autocommit', `vestnik ${topicId}`]) assert.equal(readMark(text), undefined)
})

test('a group that is new begins at the start of the log, and nothing is redelivered', () => {
  const beginning = beginningOf({ offset: -1, metadata: null, leaderEpoch: -1 }, { ...log, start: 40 })
  assert.deepEqual(beginning, { offset: 40, redeliveredBelow: 40, ended: [], leaderEpoch: -1 })
})

test('a member goes on at the commit, and all that may have been handed out is redelivered', () => {
  assert.deepEqual(beginningOf(committed(500, 720), log), {
    offset: 500,
    redeliveredBelow: 720,
    ended: [],
    leaderEpoch,
  })
})

test("a peer's commit says nothing, so a wide window is redelivered", () => {
  assert.deepEqual(beginningOf({ offset: 500, metadata: '', leaderEpoch }, log), {
    ...{ offset: 500, redeliveredBelow: 10_500, ended: [], leaderEpoch },
  })
})

test('what the broker deleted before it was read is a loss with its extent', () => {
  const beginning = beginningOf(committed(100, 150), { ...log, start: 300 })
  const lost = { from: 100, below: 300 }
  assert.deepEqual(beginning, { offset: 300, redeliveredBelow: 150, ended: [], leaderEpoch, lost })
})

test('a topic that was made again is read from its start', () => {
  const again = beginningOf(committed(500, 720, '00000000-0000-0000-0000-000000000001'), log)
  const start = { offset: 0, redeliveredBelow: 0, ended: [], leaderEpoch: -1 }
  assert.deepEqual(again, start)
  assert.deepEqual(beginningOf({ offset: 5000, metadata: null, leaderEpoch }, log), start)
})

test('a log that lost its end is read from where it ends now', () => {
  assert.deepEqual(beginningOf(committed(1200, 1300), log), {
    ...{ offset: 1000, redeliveredBelow: 1300, ended: [], leaderEpoch },
  })
})

test('nothing that has ended is believed to stand where a log that lost its end does not reach', () => {
  const ended = [
    [910, 920],
    [990, 1010],
    [1020, 1030],
  ] as const
  const metadata = writeMark({ topicId, handedBelow: 1100, ended })
  assert.deepEqual(beginningOf({ offset: 900, metadata, leaderEpoch }, log).ended, [
    [910, 920],
    [990, 999],
  ])
})

test('a mark is as short as the broker wants it, and none where it wants next to nothing', () => {
  const mark = { topicId, handedBelow: 1100, ended: Array.from({ length: 200 }, (_, i) => [10 * i, 10 * i] as const) }
  const text = writeMark(mark, 200)
  assert.ok(text.length <= 200)
  assert.equal(readMark(text)?.handedBelow, 1100)
  assert.equal(writeMark(mark, 20), '')
})

test('the mark goes ahead as the pace asks for, within bounds', () => {
  assert.equal(markAhead(1000, 0), 1100)
  assert.equal(markAhead(1000, 400), 1800)
  assert.equal(markAhead(1000, 1_000_000), 6000)
})

test('a mark of very many ended records leaves out the last of them', () => {
  const ended = Array.from({ length: 2000 }, (_, i) => [1000 * i, 1000 * i + 7] as const)
  const text = writeMark({ topicId, handedBelow: 3_000_000, ended })
  assert.ok(text.length <= 3500)
  const read = readMark(text)?.ended ?? []
  assert.ok(read.length > 300)
  assert.deepEqual(read, ended.slice(0, read.length))
})
