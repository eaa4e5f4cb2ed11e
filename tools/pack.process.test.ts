import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { pack } from './pack.ts'
import { env, root } from './repository.ts'

const manifest = (name: string, more = {}) =>
  JSON.stringify({ name, version: '1.0.0', description: name, type: 'module', exports: { '.': './index.ts' }, ...more })

/** Two packages, one of which starts a thread, a test, and a package that is nobody else's business. */
const files: Record<string, string> = {
  LICENSE: 'ours',
  'packages/a/package.json': manifest('@x/a', { engines: { node: '>=26' } }),
  'packages/a/index.ts': `import { Worker } from 'node:worker_threads'
    import type { Answer } from './answer.ts'
    export type { Answer } from './answer.ts'
    export function ask(): Promise<Answer> {
      const worker = new Worker(new URL('./thread.ts', import.meta.url))
      return new Promise((resolve) => worker.once('message', resolve))
    }`,
  'packages/a/answer.ts': 'export interface Answer { readonly is: number }',
  'packages/a/thread.ts': `import { parentPort } from 'node:worker_threads'
    parentPort?.postMessage({ is: 42 })`,
  'packages/a/index.test.ts': 'export {}',
  'packages/b/package.json': manifest('b', { bin: { b: './main.ts' }, dependencies: { '@x/a': '1.0.0' } }),
  'packages/b/index.ts': `export { type Answer, ask } from '@x/a'`,
  'packages/b/main.ts': `#!/usr/bin/env node
    import { ask } from './index.ts'
    console.log(await ask())`,
  'packages/c/package.json': manifest('c', { private: true }),
}

let folder: string
let archives: string[]

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pack-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  mkdirSync(join(folder, 'node_modules/@x'), { recursive: true })
  symlinkSync(join(folder, 'packages/a'), join(folder, 'node_modules/@x/a'))
  archives = pack(join(folder, 'out'), folder)
})

after(() => rmSync(folder, { recursive: true }))

test('every package that is not private is packed, without tests and sources', () => {
  assert.deepEqual(
    archives.map((path) => basename(path)),
    ['x-a-1.0.0.tgz', 'b-1.0.0.tgz'],
  )
  const inside = execFileSync('tar', ['-tf', archives[0] ?? ''], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort()
  const built = ['answer.d.ts', 'answer.js', 'index.d.ts', 'index.js', 'thread.d.ts', 'thread.js']
  assert.deepEqual(inside, ['LICENSE', 'README.md', ...built, 'package.json'].map((name) => `package/${name}`).sort())
  const packed = execFileSync('tar', ['-xOf', archives[0] ?? '', 'package/package.json'], { encoding: 'utf8' })
  assert.deepEqual(JSON.parse(packed).engines, { node: '>=26' })
})

test('an empty project installs the archives, runs them and sees their types', () => {
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{}')
  const inProject = (program: string, ...words: string[]) =>
    execFileSync(program, words, { cwd: project, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  inProject('npm', 'install', '--offline', '--no-audit', '--no-fund', ...archives)
  assert.equal(inProject(join(project, 'node_modules/.bin/b')), '{ is: 42 }\n')
  const typed = `import { type Answer, ask } from 'b'
    const { is }: Answer = await ask()
    console.log(is satisfies number)
    // @ts-expect-error: types are really there
    console.log(is satisfies string)`
  writeFileSync(join(project, 'use.mts'), typed)
  const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node']
  inProject('tsc', '--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', ...types, 'use.mts')
})
