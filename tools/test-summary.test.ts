import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from './run-tests.ts'
import { summarize } from './test-summary.ts'

const outcome = (given: Partial<Outcome>): Outcome => ({
  path: 'a.test.ts',
  seconds: 1,
  passed: 1,
  failed: 0,
  skipped: [],
  ...given,
})
const none = () => false
const last = (text: string) => text.split('\n').at(-1)

test('the last line has the totals of all suites', () => {
  const rows = [
    { suite: 'pure', outcomes: [outcome({ passed: 2 }), outcome({ passed: 3, failed: 1 })] },
    { suite: 'e2e', outcomes: [outcome({})] },
  ]
  const { text, failed } = summarize(rows, false, none)
  assert.equal(last(text), '6 passed, 1 failed, 0 skipped')
  assert.ok(failed)
})

test('what did not run is said, and fails in CI', () => {
  const rows = [
    { suite: 'pure', outcomes: [outcome({ skipped: ['a test: why'] })] },
    { suite: 'trace', outcomes: [], missing: 'strace is missing' },
  ]
  const here = summarize(rows, false, none)
  assert.match(here.text, /trace: strace is missing/)
  assert.match(here.text, /a\.test\.ts: a test: why/)
  assert.equal(here.failed, false)
  const inCi = summarize(rows, true, none)
  assert.equal(last(inCi.text), '1 passed, 2 failed, 0 skipped')
  assert.ok(inCi.failed)
})

test('what this machine does not let run is said loudly, and fails nothing', () => {
  const docker = { suite: 'docker', outcomes: [], missing: 'only root may start an engine', mayLack: true }
  for (const ci of [false, true]) {
    const { text, failed } = summarize([{ suite: 'pure', outcomes: [outcome({})] }, docker], ci, none)
    assert.match(text, /\nDID NOT RUN, AS THIS MACHINE DOES NOT LET IT:\n {2}docker: only root may start an engine\n/)
    assert.equal(last(text), '1 passed, 0 failed, 0 skipped')
    assert.equal(failed, false)
  }
  assert.ok(summarize([docker], true, none).failed, 'a run without a single test is a failure')
})

test('a skip that is expected everywhere fails nowhere', () => {
  const rows = [{ suite: 'pure', outcomes: [outcome({ skipped: ['a law: why', 'another: why'] })] }]
  const { text } = summarize(rows, true, (skip) => skip === 'a.test.ts: a law: why')
  assert.equal(last(text), '1 passed, 1 failed, 1 skipped')
  assert.match(text, /\ndid not run, and need not:\n {2}a\.test\.ts: a law: why\n/)
})

test('a run without a single test is a failure', () => {
  assert.ok(summarize([{ suite: 'pure', outcomes: [] }], false, none).failed)
})
