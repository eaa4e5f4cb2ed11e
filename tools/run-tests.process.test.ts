import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Outcome } from './run-tests.ts'

/** What runTests says of a file with this text. */
async function outcomeOf(t: TestContext, text: string, totalMs = 10_000): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'run-tests-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a.test.ts')
  writeFileSync(file, `import { test } from 'node:test'\n${text}`)
  const runner = pathToFileURL(join(import.meta.dirname, 'run-tests.ts'))
  writeFileSync(
    join(folder, 'run.ts'),
    `import { runTests } from ${JSON.stringify(runner.href)}
    const limits = { atOnce: 1, testMs: 1_000, fileMs: 3_000, signal: AbortSignal.timeout(${totalMs}) }
    console.log(JSON.stringify(await runTests([${JSON.stringify(file)}], limits, () => {})))`,
  )
  const { NODE_TEST_CONTEXT: _, ...env } = process.env // else the runner takes itself for nested, and runs nothing
  const child = spawn(process.execPath, [join(folder, 'run.ts')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const output: string[] = []
  for await (const piece of child.stdout.setEncoding('utf8')) output.push(piece)
  return JSON.parse(output.join(''))[0]
}

for (const { title, text, passed, failed } of [
  { title: 'what passes is counted', text: `test('a', () => {}); test('b', () => {})`, passed: 2, failed: 0 },
  { title: 'what throws has failed', text: `test('a', () => { throw new Error() })`, passed: 0, failed: 1 },
  { title: 'a test that never ends has failed', text: `test('a', () => new Promise(() => {}))`, passed: 0, failed: 1 },
  {
    title: 'a process that does not end by itself is ended, and has failed',
    text: `test('a', () => {}); setInterval(() => {}, 1)`,
    passed: 1,
    failed: 1,
  },
  {
    title: 'a loop without end is ended, and has failed',
    text: `test('a', () => { for (;;); })`,
    passed: 0,
    failed: 1,
  },
  { title: 'a file that does not load has failed', text: `throw new Error()`, passed: 0, failed: 1 },
  { title: 'a file without a test has failed', text: ``, passed: 0, failed: 1 },
  {
    title: 'a file that exits before its tests have reported has failed',
    text: `test('a', () => process.exit(0))`,
    passed: 0,
    failed: 1,
  },
]) {
  test(title, async (t) => {
    const outcome = await outcomeOf(t, text)
    assert.deepEqual({ passed: outcome.passed, failed: outcome.failed }, { passed, failed })
  })
}

test('what is skipped is named with its reason', async (t) => {
  const { skipped } = await outcomeOf(t, `test('a', { skip: 'why' }, () => {}); test('b', { todo: true }, () => {})`)
  assert.deepEqual(skipped, ['a: why', 'b: no reason given'])
})

test('what runs when the time of the whole run is over has failed, and that is said', async (t) => {
  const { failed, outOfTime } = await outcomeOf(t, `test('a', () => {}); setInterval(() => {}, 1)`, 500)
  assert.deepEqual([failed, outOfTime], [1, true])
})
