import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { type Judgement, judge } from './mutants/judge.ts'
import type { Mutant } from './mutants/mutant.ts'
import { runMutant } from './mutants/run.ts'
import { root } from './repository.ts'

let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'mutants-'))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const tests = `import { test } from 'node:test'; import assert from 'node:assert/strict'\n`
  write('rule.ts', `export const one: number = 1\nexport const two: number = 2\n`)
  write('print.ts', `import { one } from './rule.ts'\nconsole.log(one)`)
  write(
    'post.ts',
    `import { one } from './rule.ts'\nimport { parentPort } from 'node:worker_threads'\nparentPort?.postMessage(one)`,
  )
  write('here.test.ts', `${tests}import { one } from './rule.ts'\ntest('one is one', () => assert.equal(one, 1))`)
  write(
    'process.test.ts',
    `${tests}import { execFileSync } from 'node:child_process'
    const print = () => execFileSync(process.execPath, [import.meta.dirname + '/print.ts'], { encoding: 'utf8' })
    test('another process says one', () => assert.equal(print(), '1\\n'))`,
  )
  write(
    'thread.test.ts',
    `${tests}import { Worker } from 'node:worker_threads'; import { once } from 'node:events'
    const ask = () => once(new Worker(new URL('./post.ts', import.meta.url)), 'message')
    test('a thread says one', async () => assert.deepEqual(await ask(), [1]))`,
  )
  write('broken.test.ts', `${tests}test('never true', () => assert.fail())`)
  write(
    'endless.test.ts',
    `${tests}import { one } from './rule.ts'\ntest('ends', async () => { while (one !== 1) await new Promise((go) => setTimeout(go, 5)) })`,
  )
})

after(() => rmSync(folder, { recursive: true }))

const mutant = (given: Partial<Mutant>, ...tests: string[]): Mutant => ({
  name: 'one is two',
  rule: 'One is one.',
  file: relative(root, join(folder, 'rule.ts')),
  find: 'one: number = 1',
  replace: 'one: number = 2',
  tests: tests.map((name) => join(folder, name)),
  ...given,
})

async function judgementOf(one: Mutant): Promise<Judgement | undefined> {
  let found: Judgement | undefined
  await judge([one], (judgement) => {
    found = judgement
  })
  return found
}

for (const [where, file, title] of [
  ['the test itself', 'here.test.ts', 'one is one'],
  ['a process that the test starts', 'process.test.ts', 'another process says one'],
  ['a thread that the test starts', 'thread.test.ts', 'a thread says one'],
] as const) {
  test(`a mutant reaches ${where}`, async () => {
    const found = await judgementOf(mutant({}, file))
    assert.deepEqual([found?.end, found?.why], ['killed', title])
  })
}

test('a mutant that no test notices survives', async () => {
  assert.equal(
    (await judgementOf(mutant({ find: 'two: number = 2', replace: 'two: number = 3' }, 'here.test.ts')))?.end,
    'survived',
  )
})

test('a mutant whose tests never end is killed, and that is said', async () => {
  assert.equal((await runMutant(mutant({}, 'endless.test.ts'), 1_000)).end, 'timeout')
})

for (const [fault, given, file] of [
  ['whose text is not there', { find: 'three' }, 'here.test.ts'],
  ['whose text stands there twice', { find: 'export const' }, 'here.test.ts'],
  ['that changes nothing', { replace: 'one: number = 1' }, 'here.test.ts'],
  ['that is no program', { replace: 'one: number = (' }, 'here.test.ts'],
  ['whose tests fail without it', {}, 'broken.test.ts'],
] as const) {
  test(`a mutant ${fault} is refused`, async () => {
    assert.equal((await judgementOf(mutant(given, file)))?.end, 'unsound')
  })
}
