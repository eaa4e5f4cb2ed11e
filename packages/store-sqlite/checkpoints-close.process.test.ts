import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from './child.fixture.ts'
import { scratchPath } from './scratch.fixture.ts'

test('a close while the log cannot be copied is waited for', { timeout: 30_000 }, async (t) => {
  const child = start(t, './close-late.fixture.ts', [scratchPath(t), scratchPath(t)])
  assert.equal(await child.ended, 0)
  assert.deepEqual(child.lines, ['closed'])
})
