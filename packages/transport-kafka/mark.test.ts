/** What a commit says, and where the next member begins. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginningOf, markAhead, readMark, writeMark } from './mark.ts'

const topicId = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const log = { topicId, start: 0, end: 1000 }
const committed = (offset: number, handedBelow: number, id = topicId) => ({
  offset,
  metadata: writeMark({ topicId: id, handedBelow, ended: [] }),
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
  const beginning = beginningOf({ offset: -1, metadata: null }, { ...log, start: 40 })
  assert.deepEqual(beginning, { offset: 40, redeliveredBelow: 40, ended: [] })
})

test('a member goes on at the commit, and all that may have been handed out is redelivered', () => {
  assert.deepEqual(beginningOf(committed(500, 720), log), { offset: 500, redeliveredBelow: 720, ended: [] })
})

test("a peer's commit says nothing, so a wide window is redelivered", () => {
  assert.deepEqual(beginningOf({ offset: 500, metadata: '' }, log), {
    ...{ offset: 500, redeliveredBelow: 10_500, ended: [] },
  })
})

test('what the broker deleted before it was read is a loss with its extent', () => {
  const beginning = beginningOf(committed(100, 150), { ...log, start: 300 })
  assert.deepEqual(beginning, { offset: 300, redeliveredBelow: 150, ended: [], lost: { from: 100, below: 300 } })
})

test('a topic that was made again is read from its start', () => {
  const again = beginningOf(committed(500, 720, '00000000-0000-0000-0000-000000000001'), log)
  assert.deepEqual(again, { offset: 0, redeliveredBelow: 0, ended: [] })
  assert.deepEqual(beginningOf({ offset: 5000, metadata: null }, log), { offset: 0, redeliveredBelow: 0, ended: [] })
})

test('a log that lost its end is read from where it ends now', () => {
  assert.deepEqual(beginningOf(committed(1200, 1300), log), { offset: 1000, redeliveredBelow: 1300, ended: [] })
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
