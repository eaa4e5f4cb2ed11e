/** Laws of order: the messages of a key, through hand-backs and beside other keys. */
import assert from 'node:assert/strict'
import { rounds, series } from './messages.ts'
import { assertInOrder, assertOnce, assertToldTruly, endedIds, startedOf, timesStarted } from './reading.ts'
import { law, ordered, sampled, type TransportLaw } from './transport-law.ts'

export const order: readonly TransportLaw[] = [
  law('the messages of a key come one after another, as they were published', ordered, async (bench) => {
    const group = await bench.group({ concurrency: 32 })
    await bench.reader(group, { workMs: 1 })
    const ids = rounds(16, 20)
    for (let from = 0; from < ids.length; from += 50) await bench.publish(group, ids.slice(from, from + 50))
    await bench.untilEnded(group, ids)
    assertOnce(bench.entries(group), ids)
    assertInOrder(bench.entries(group))
  }),

  law('a message that is handed back comes again before any later one of its key', ordered, async (bench) => {
    const group = await bench.group()
    await bench.reader(group, { handBack: { a1: 2, a3: 1 } })
    await bench.publish(group, ['a1', 'a2', 'b1', 'a3', 'a4'])
    await bench.untilEnded(group, ['a1', 'a2', 'b1', 'a3', 'a4'])
    assert.deepEqual(startedOf('a', bench.entries(group)), ['a1', 'a1', 'a1', 'a2', 'a3', 'a3', 'a4'])
  }),

  law('every message ends when many are handed back, each key in order', ordered, async (bench) => {
    const group = await bench.group()
    const ids = rounds(10, 12)
    const handBack = Object.fromEntries(ids.filter((_, i) => i % 7 === 0).map((id, i) => [id, 1 + (i % 2)]))
    for (const _ of [1, 2]) await bench.reader(group, { handBack })
    await bench.publish(group, ids)
    await bench.untilEnded(group, ids)
    assertInOrder(bench.entries(group))
    assertToldTruly(bench.entries(group))
    assert.deepEqual(endedIds(bench.entries(group)).toSorted(), ids.toSorted())
  }),

  law('a message that is handed back holds up no other key', sampled, async (bench) => {
    const group = await bench.group({ concurrency: 4 })
    const reader = await bench.reader(group, { handBack: { a1: 1_000_000 } })
    const others = rounds(20, 3).filter((id) => !id.startsWith('a'))
    await bench.publish(group, ['a1'])
    await bench.untilStarted(group, ['a1'])
    await bench.publish(group, others)
    await bench.untilEnded(group, others)
    await reader.release(group, ['a1'])
    await bench.untilEnded(group, ['a1'])
    assertToldTruly(bench.entries(group))
  }),

  law('a slow message holds up no other key', sampled, async (bench) => {
    const group = await bench.group({ concurrency: 4 })
    const reader = await bench.reader(group, { hold: ['a1'] })
    const others = rounds(20, 10).filter((id) => !id.startsWith('a'))
    await bench.publish(group, ['a1', ...others])
    await bench.untilEnded(group, others)
    await reader.release(group, ['a1'])
    await bench.untilEnded(group, ['a1'])
    assertOnce(bench.entries(group), ['a1', ...others])
  }),

  law('the later messages of a key wait while an earlier one runs', ordered, async (bench) => {
    const group = await bench.group()
    const members = [await bench.reader(group, { hold: ['a1'] }), await bench.reader(group, { hold: ['a1'] })]
    await bench.publish(group, [...series('a', 3), ...series('b', 3)])
    await bench.untilEnded(group, series('b', 3))
    assert.deepEqual(startedOf('a', bench.entries(group)), ['a1'])
    for (const member of members) await member.release(group, 'all')
    await bench.untilEnded(group, series('a', 3))
    assert.deepEqual(startedOf('a', bench.entries(group)), series('a', 3))
  }),

  law('messages without a key wait for none', sampled, async (bench) => {
    const group = await bench.group({ concurrency: 3 })
    const reader = await bench.reader(group, { hold: ['1'], handBack: { '2': 1_000_000 } })
    const others = Array.from({ length: 20 }, (_, i) => String(i + 3))
    await bench.publish(group, ['1', '2', ...others])
    await bench.untilEnded(group, others)
    await reader.release(group, 'all')
    await bench.untilEnded(group, ['1', '2'])
    assert.equal(timesStarted(bench.entries(group), '1'), 1)
  }),
]
