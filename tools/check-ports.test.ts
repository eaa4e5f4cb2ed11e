import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPorts } from './check-ports.ts'

const check = (text: string, path = 'packages/bus/relay.ts') => checkPorts([{ path, text }])

for (const taken of [
  'new Date()',
  'Date.now()',
  'performance.now()',
  'setTimeout(f, 1)',
  'globalThis.setInterval(f, 1)',
  'AbortSignal.timeout(1)',
  'Math.random()',
  'const { random } = Math',
  'crypto.randomUUID()',
  'process.hrtime.bigint()',
  `process['hrtime']`,
  `import { setTimeout as wait } from 'node:timers/promises'`,
  `import { randomUUID } from 'crypto'`,
  `await import('node:fs')`,
]) {
  test(`the engine may not use: ${taken}`, () => assert.equal(check(`\n${taken}`)[0]?.split(':')[1], '2'))
}

test('what comes as an argument may be called by any name', () => {
  assert.deepEqual(
    check(`// Date\nports.now(); Math.min(1, 2); message.Date; log('setTimeout'); let s: AbortSignal`),
    [],
  )
})

test('the file of the machine and the tests may use what they like, and so may other packages', () => {
  for (const path of ['packages/bus/system.ts', 'packages/bus/x.test.ts', 'packages/cli/x.ts']) {
    assert.deepEqual(check('Date.now()', path), [])
  }
})

test('one file formats times, without a clock', () => {
  const path = 'packages/bus/iso-time.ts'
  assert.deepEqual(check('new Date(ms).toISOString(); Date.parse(text)', path), [])
  for (const taken of ['new Date()', 'Date.now()', 'Math.random()']) assert.equal(check(taken, path).length, 1)
  assert.equal(check('new Date(ms)').length, 1)
})

test('one file makes digests of texts, and nothing else that is random', () => {
  const path = 'packages/bus/texts.ts'
  assert.deepEqual(check("import { hash } from 'node:crypto'\n", path), [])
  assert.equal(check("import { hash } from 'node:crypto'\n").length, 1)
  assert.equal(check("import { hash, randomUUID } from 'node:crypto'\n", path).length, 1)
})
