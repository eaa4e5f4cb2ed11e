/** The first code of the README, as a stranger would use it: in an empty project with the packed packages and nothing else. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pack } from '../tools/pack.ts'
import { env, root } from '../tools/repository.ts'

const code = /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? ''
let folder: string
let project: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'quick-start-'))
  project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'quick-start.mts'), code)
  const archives = pack(join(folder, 'packages'))
  inProject('npm', 'init', '-y')
  inProject('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...archives)
})

after(() => rmSync(folder, { recursive: true, maxRetries: 3 }))

test('the quick start has at most 30 lines', () => {
  const lines = code.trimEnd().split('\n').length
  assert.ok(lines > 1 && lines <= 30, `${lines} lines`)
})

test('the quick start prints the sign-in that it published, and ends', () => {
  const output = inProject('node', 'quick-start.mts')
  assert.match(output, /^User logged in with information: \{"userId":1,"timestamp":"[^"]+"\}$/m)
})

test('the quick start runs a second time on the files of the first', () => {
  assert.match(inProject('node', 'quick-start.mts'), /^User logged in with information: \{"userId":1,/m)
})

test('the quick start has no type errors', () => {
  const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node']
  inProject('tsc', '--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', ...types, 'quick-start.mts')
})

test('the command is installed and answers', () => {
  assert.match(inProject(join(project, 'node_modules/.bin/vestnik'), '--help'), /dead/)
})

function inProject(program: string, ...words: string[]): string {
  const { MESSAGE_BROKER_URL: _, ...clean } = env
  return execFileSync(program, words, {
    cwd: project,
    env: clean,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 90_000,
  })
}
