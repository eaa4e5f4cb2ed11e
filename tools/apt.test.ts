/** What forbids servers to start while packages are installed is gone afterwards, and nobody else's is touched. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { withoutServices } from './apt.ts'

function policyIn(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-apt-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'policy-rc.d')
}

test('servers are forbidden to start meanwhile, and no longer', (t) => {
  const policy = policyIn(t)
  withoutServices(() => assert.throws(() => execFileSync(policy), { status: 101 }), policy)
  assert.equal(existsSync(policy), false)
  assert.throws(() => withoutServices(() => assert.fail('cannot'), policy), /cannot/)
  assert.equal(existsSync(policy), false)
})

test('what a run that was killed has left is taken away by the next', (t) => {
  const policy = policyIn(t)
  let left = ''
  withoutServices(() => {
    left = readFileSync(policy, 'utf8')
  }, policy)
  writeFileSync(policy, left, { mode: 0o755 })
  withoutServices(() => assert.throws(() => execFileSync(policy), { status: 101 }), policy)
  assert.equal(existsSync(policy), false)
})

test("a machine's own policy is left as it is", (t) => {
  const policy = policyIn(t)
  const own = '#!/bin/sh\nexit 101\n'
  writeFileSync(policy, own)
  withoutServices(() => assert.equal(readFileSync(policy, 'utf8'), own), policy)
  assert.equal(readFileSync(policy, 'utf8'), own)
})
