/** What a commit says, and where the next member begins. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginningOf, markAhead, readMark, writeMark } from './mark.ts'

const topicId = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const log = { topicId, start: 0, end: 1000 }
const committed = (offset: number, handedBelow: number, id = topicId) => ({
  offset,
  metadata: writeMark({ topicId: id, handedBelow }),
})

test('a mark is read as it was written, and what others committed has none', () => {
  assert.deepEqual(readMark(writeMark({ topicId, handedBelow: 4711 })), { topicId, handedBelow: 4711 })
  for (const text of [null, '', 'autocommit', `vestnik ${topicId}`]) assert.equal(readMark(text), undefined)
})

test('a group that is new begins at the start of the log, and nothing is redelivered', () => {
  const beginning = beginningOf({ offset: -1, metadata: null }, { ...log, start: 40 })
  assert.deepEqual(beginning, { offset: 40, redeliveredBelow: 40 })
})

test('a member goes on at the commit, and all that may have been handed out is redelivered', () => {
  assert.deepEqual(beginningOf(committed(500, 720), log), { offset: 500, redeliveredBelow: 720 })
})

test("a peer's commit says nothing, so a wide window is redelivered", () => {
  assert.deepEqual(beginningOf({ offset: 500, metadata: '' }, log), { offset: 500, redeliveredBelow: 10_500 })
})

test('what the broker deleted before it was read is a loss with its extent', () => {
  const beginning = beginningOf(committed(100, 150), { ...log, start: 300 })
  assert.deepEqual(beginning, { offset: 300, redeliveredBelow: 150, lost: { from: 100, below: 300 } })
})

test('a topic that was made again is read from its start', () => {
  const again = beginningOf(committed(500, 720, '00000000-0000-0000-0000-000000000001'), log)
  assert.deepEqual(again, { offset: 0, redeliveredBelow: 0 })
  assert.deepEqual(beginningOf({ offset: 5000, metadata: null }, log), { offset: 0, redeliveredBelow: 0 })
})

test('a log that lost its end is read from where it ends now', () => {
  assert.deepEqual(beginningOf(committed(1200, 1300), log), { offset: 1000, redeliveredBelow: 1300 })
})

test('the mark goes ahead as the pace asks for, within bounds', () => {
  assert.equal(markAhead(1000, 0), 1100)
  assert.equal(markAhead(1000, 400), 1800)
  assert.equal(markAhead(1000, 1_000_000), 6000)
})
