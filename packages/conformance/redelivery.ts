/** Laws of redelivery: what comes again, when, and that it says so. */
import assert from 'node:assert/strict'
import type { Entry } from './member.ts'
import { rounds, series } from './messages.ts'
import { assertOnce, assertToldTruly, starts, timesStarted } from './reading.ts'
import { everywhere, law, once, sampled, type TransportLaw } from './transport-law.ts'

export const redelivery: readonly TransportLaw[] = [
  law('in a quiet run each message is handed out once and not called redelivered', sampled, async (bench) => {
    const group = await bench.group()
    const ids = rounds(10, 10)
    await bench.publish(group, ids.slice(0, 50))
    await bench.reader(group)
    await bench.publish(group, ids.slice(50))
    await bench.untilEnded(group, ids)
    assertOnce(bench.entries(group), ids)
    const told = starts(bench.entries(group)).filter(({ delivered }) => delivered.redelivered)
    assert.deepEqual(told, [])
  }),

  law('what is handed back comes again and is called redelivered', sampled, async (bench) => {
    const group = await bench.group()
    await bench.reader(group, { handBack: { a1: 3, '7': 1 } })
    await bench.publish(group, ['a1', '7'])
    await bench.untilEnded(group, ['a1', '7'])
    assert.equal(timesStarted(bench.entries(group), 'a1'), 4)
    assert.equal(timesStarted(bench.entries(group), '7'), 2)
    assertToldTruly(bench.entries(group))
  }),

  law('it is handed back however a delivery fails', once, async (bench) => {
    for (const handBackBy of ['rejecting', 'throwing', 'rejecting with undefined'] as const) {
      const group = await bench.group()
      await bench.reader(group, { handBack: { a1: 1 }, handBackBy })
      await bench.publish(group, ['a1', 'a2'])
      await bench.untilEnded(group, ['a1', 'a2'])
      assert.equal(timesStarted(bench.entries(group), 'a1'), 2, handBackBy)
    }
  }),

  law('what is handed back comes again after a pause, not at once', sampled, async (bench) => {
    const group = await bench.group({ concurrency: 20 })
    const ids = [...rounds(10, 1), ...['1', '2', '3', '4', '5', '6']]
    const reader = await bench.reader(group, { handBack: 'all' })
    await bench.publish(group, ids)
    // A spinning one is there within milliseconds; a good one within about a second.
    await bench.untilStarted(group, ids, 4)
    await reader.release(group, 'all')
    await bench.untilEnded(group, ids)
    const pause = usualPause(starts(bench.entries(group)))
    assert.ok(pause >= 10, `what was handed back came again after ${pause.toFixed(1)} ms`)
  }),

  law('what has ended does not come again to the next member', everywhere, async (bench) => {
    const group = await bench.group()
    const first = await bench.reader(group)
    await bench.publish(group, rounds(8, 5))
    await bench.untilEnded(group, rounds(8, 5))
    await first.drain(group)
    await first.close()
    await bench.reader(group)
    await bench.publish(group, series('z', 3))
    await bench.untilEnded(group, series('z', 3))
    assertOnce(bench.entries(group), [...rounds(8, 5), ...series('z', 3)])
  }),
]

/** In milliseconds, between the starts of one message: the middle, as a machine that stands still lengthens a few. */
function usualPause(entries: readonly Entry[]): number {
  const last = new Map<string, number>()
  const pauses: number[] = []
  for (const { id = '', atMs } of entries) {
    const before = last.get(id)
    if (before !== undefined) pauses.push(atMs - before)
    last.set(id, atMs)
  }
  return pauses.sort((a, b) => a - b)[pauses.length >> 1] ?? 0
}
