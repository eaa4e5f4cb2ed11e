/** What lists say of a message. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeldMessage } from '@vestnik/bus'
import { deadColumns, heldColumns } from './message-columns.ts'
import { table } from './table.ts'

const now = 1_000_000
const letter = (facts: Partial<HeldMessage>) =>
  ({
    pos: 1,
    topic: 't',
    group: 'g',
    reason: '8 attempts failed',
    attempts: 8,
    uncertain: 0,
    changedAt: now,
    ...facts,
  }) as HeldMessage

const listed = (facts: Partial<HeldMessage>) => table(deadColumns(now), [letter(facts)], { width: 120 })[1]

test('a doubt about the effect stands beside every reason', () => {
  assert.equal(listed({ uncertain: 2 }), ' 1  t      g      8 attempts failed, uncertain  now')
  assert.equal(listed({ uncertain: 1, reason: 'uncertain' }), ' 1  t      g      uncertain  now')
})

test('an error is told with its class, unless that says nothing', () => {
  assert.match(listed({ errorClass: 'TypeError', errorMessage: 'x is null' }) ?? '', / TypeError: x is null /)
  assert.match(listed({ errorClass: 'Error', errorMessage: 'x is null' }) ?? '', /failed {2}x is null /)
  assert.match(listed({ errorClass: 'BusError PERMANENT', errorMessage: 'x' }) ?? '', /failed {2}x /)
})

test('a held message says when it is tried next', () => {
  const next = (dueAt: number) =>
    table(heldColumns(now), [letter({ dueAt })], { width: 120 })[1]
      ?.split('  ')
      .at(-1)
  assert.deepEqual([next(now + 5_000), next(now), next(now - 1)], ['in 5 s', 'due', 'due'])
})
