/** Log lines are shown to people, all other lines are left as they are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readable } from './log-line.ts'

test('level and message come first, and an error is one short sentence', () => {
  const entry = {
    level: 'warn',
    time: 'now',
    service: 'users',
    topic: 'a.b',
    n: 3,
    err: { type: 'E', message: 'why', stack: '…' },
  }
  assert.equal(readable(JSON.stringify({ ...entry, msg: 'said' })), 'warn said topic=a.b n=3 (E: why)')
})

for (const line of ['', 'plain text', '{"level":', '{"userId":1}', 'User logged in with information: {"userId":1}']) {
  test(`${JSON.stringify(line)} is left as it is`, () => assert.equal(readable(line), line))
}
