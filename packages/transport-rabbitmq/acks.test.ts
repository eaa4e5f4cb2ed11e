import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAcks } from './acks.ts'

test('what ended without a gap is acknowledged with one tag, what ended behind a gap singly', () => {
  const acks = createAcks()
  for (const tag of [1, 2, 3, 5, 6]) acks.finish(tag)
  assert.deepEqual(acks.take(), { through: 3, singles: [5, 6] })
  assert.deepEqual(acks.take(), { through: undefined, singles: [] })
  for (const tag of [4, 7]) acks.finish(tag)
  assert.deepEqual(acks.take(), { through: 7, singles: [] })
})

test('in any order, each tag is acknowledged once it has ended, and never before', () => {
  const steps = fc.shuffledSubarray(
    Array.from({ length: 40 }, (_, i) => i + 1),
    { minLength: 1 },
  )
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 9 }), (tags, every) => {
      const acks = createAcks()
      const acked = new Set<number>()
      const ended = new Set<number>()
      for (const [i, tag] of tags.entries()) {
        acks.finish(tag)
        ended.add(tag)
        if (i % every !== 0 && i !== tags.length - 1) continue
        const { through = 0, singles } = acks.take()
        for (let one = 1; one <= through; one += 1) acked.add(one)
        for (const one of singles) acked.add(one)
        assert.deepEqual([...acked].toSorted(), [...ended].toSorted())
      }
    }),
  )
})
