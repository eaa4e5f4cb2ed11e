/** Ids made by many processes at once never meet. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'

const processes = 6
const idsEach = 50_000

test('ids of many processes, made in the same milliseconds, never meet', { timeout: 60_000 }, async (t) => {
  const program = join(import.meta.dirname, 'test', 'make-ids.ts')
  const children: ChildProcess[] = []
  t.after(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  for (let i = 0; i < processes; i += 1) children.push(fork(program, [String(idsEach)], { serialization: 'advanced' }))
  const made = await Promise.all(children.map((child) => once(child, 'message')))
  const seen = new Set(made.flatMap(([ids]) => ids as readonly string[]))
  assert.equal(seen.size, processes * idsEach)
})
