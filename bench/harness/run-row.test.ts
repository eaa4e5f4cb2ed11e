import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percentile } from '../../tools/stats.ts'
import { inFolder } from './folder.ts'
import { between } from './page.ts'
import { type Figures, type Row, ratio } from './row.ts'
import { runRow } from './run-row.ts'

const settings = { quick: true, long: false, rounds: 3 }

/** A side that reports these rates, one a round. */
function side(name: string, rates: readonly number[], order: string[] = [], missing?: string) {
  let round = 0
  return {
    name,
    title: name,
    missing: async () => missing,
    async run(): Promise<Figures> {
      order.push(name)
      round += 1
      return { perSecond: rates[round - 1] ?? 0 }
    },
  }
}

const row = (sides: Row['sides']): Row => ({
  name: 'row',
  title: 'row',
  sides,
  requirements: [{ says: 'b', unit: '×', value: ratio('perSecond', 'a', 'b'), atLeast: 2 }],
})

const run = (sides: Row['sides']) => inFolder((folder) => runRow(row(sides), { ...settings, folder }, () => undefined))

test('sides are measured in turn, round after round, there and back', async () => {
  const order: string[] = []
  await run(() => [side('a', [1, 1, 1], order), side('b', [1, 1, 1], order)])
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b'])
})

test('a requirement judges the medians of all rounds', async () => {
  const { verdicts } = await run(() => [side('a', [1, 30, 20]), side('b', [10, 10, 900])])
  assert.deepEqual(verdicts, [{ says: 'b', unit: '×', value: 2, atLeast: 2, ok: true }])
})

test('a value below its bound is a miss', async () => {
  const { verdicts } = await run(() => [side('a', [19, 19, 19]), side('b', [10, 10, 10])])
  assert.deepEqual(verdicts, [{ says: 'b', unit: '×', value: 1.9, atLeast: 2, ok: false }])
})

test('what is compared with a side that is missing here is not measured, and the others are', async () => {
  const { sides, verdicts } = await run(() => [side('a', [1, 2, 3]), side('b', [], [], 'not installed')])
  assert.deepEqual(verdicts, [{ says: 'b', unit: '×', atLeast: 2, ok: 'not measured' }])
  assert.deepEqual(
    sides.map(({ missing, figures }) => missing ?? figures),
    [{ perSecond: 2 }, 'not installed'],
  )
})

test('a percentile is the value of the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
  assert.deepEqual([percentile(hundred, 50), percentile(hundred, 99), percentile([7], 99)], [50, 99, 7])
})

test('a block of results takes the place of the one before, and words around it stay', () => {
  const page = 'before\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nafter'
  assert.equal(between(page, 'a', 'new'), 'before\n<!-- bench:a -->\nnew\n<!-- /bench:a -->\nafter')
  assert.throws(() => between(page, 'b', 'new'), /no place for b/)
})
