/** What an engine changed is undone as far as it can be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { undoAll } from './host-network.ts'

test('a step that cannot be undone keeps no other from being undone, and is told', () => {
  const done: number[] = []
  const steps = [
    () => void done.push(1),
    () => assert.fail('no such rule'),
    () => void done.push(2),
    () => assert.fail('no such link'),
    () => void done.push(3),
  ]
  assert.throws(() => undoAll(steps), /no such rule; no such link/)
  assert.deepEqual(done, [1, 2, 3])
  undoAll([])
})
