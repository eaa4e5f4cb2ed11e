/** What a journal is read for: order, told redeliveries, how much runs at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from './member.ts'
import { assertInOrder, assertToldTruly, mostAtOnce } from './reading.ts'

/** A journal from words: `m1 start a1`, `m1 start a1 again`, `m1 end a1`, `m1 gone`, `m1 gone killed`. */
function journal(...lines: readonly string[]): Entry[] {
  return lines.map((line, atMs) => {
    const [member = '', what, id, again] = line.split(' ')
    if (what === 'gone') return { member, what, atMs, ...(id === 'killed' && { killed: true as const }) }
    const entry = { member, what: what as Entry['what'], atMs, ...(id && { id }) }
    if (what !== 'start') return entry
    return { ...entry, delivered: { redelivered: again === 'again', at: '', headers: {}, bytes: 0, digest: '' } }
  })
}

const inOrder = (...lines: readonly string[]) => assertInOrder(journal(...lines))

test('a key is in order when each message starts after the end of the one before', () => {
  inOrder('m1 start a1', 'm1 start b1', 'm1 end a1', 'm2 start a2', 'm2 end a2')
  assert.throws(() => inOrder('m1 start a1', 'm1 start a2'), /a2 started at m1 while a1 ran at m1/)
  assert.throws(() => inOrder('m1 start a2'), /its key had ended up to 0/)
  assert.throws(() => inOrder('m1 start a1', 'm1 back a1', 'm1 start a2'), /its key had ended up to 0/)
})

test('messages may come again when their member was gone or lost them', () => {
  inOrder('m1 start a1', 'm1 end a1', 'm1 start a2', 'm1 gone', 'm2 start a1 again', 'm2 end a1', 'm2 start a2 again')
  inOrder('m1 start a1', 'm1 abort a1', 'm2 start a1 again')
  assert.throws(() => inOrder('m1 start a1', 'm2 start a1 again'), /while a1 ran at m1/)
})

test('who is killed may start one more before the signal reaches it', () => {
  inOrder('m1 start a1', 'm1 gone killed', 'm1 end a1', 'm1 start a2', 'm2 start a2 again', 'm2 end a2')
  assert.throws(() => inOrder('m1 gone', 'm1 start a1', 'm2 start a1 again'), /while a1 ran at m1/)
})

test('an end at a member that is leaving is an end, one after its signal aborted is not', () => {
  inOrder('m1 start a1', 'm1 gone', 'm1 end a1', 'm2 start a2')
  assert.throws(() => inOrder('m1 start a1', 'm1 abort a1', 'm1 end a1', 'm2 start a2'), /ended up to 0/)
})

test('what was handed out before must be called redelivered, but not by a member that was gone', () => {
  assertToldTruly(journal('m1 start a1', 'm2 start a1 again', 'm1 gone', 'm1 start a1'))
  assert.throws(() => assertToldTruly(journal('m1 start a1', 'm2 start a1')), /a1 came again at m2/)
})

test('the most at once is counted for each member', () => {
  assert.equal(mostAtOnce(journal('m1 start a1', 'm2 start b1', 'm1 start c1', 'm1 end a1', 'm1 start d1')), 2)
})
