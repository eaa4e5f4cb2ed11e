/** When the answer of a broker that may be behind the others is believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBelief } from './belief.ts'

/** What is believed after these answers, each with its time. */
function beliefs(...answers: readonly (readonly [at: number, isSaid: boolean])[]): readonly boolean[] {
  let now = 0
  const belief = createBelief(() => now)
  return answers.map(([at, isSaid]) => {
    now = at
    return belief.after(isSaid)
  })
}

test('an answer is believed when it was the same for a while', () => {
  assert.deepEqual(beliefs([0, true], [1000, true], [1500, true], [1700, true]), [false, false, true, true])
})

test('whoever says otherwise begins it anew', () => {
  assert.deepEqual(beliefs([0, true], [1000, false], [1500, true], [3000, true]), [false, false, false, true])
})

test('what was said long ago counts for nothing', () => {
  assert.deepEqual(beliefs([0, true], [1500, true], [60_000, true], [61_500, true]), [false, true, false, true])
})
