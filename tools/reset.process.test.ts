/** The data folder is deleted when a person agreed, and nothing else ever is. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-reset-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'users.db'), 'x')
  return folder
}

function reset(cwd: string, words: readonly string[], DATA_DIR = '') {
  const file = join(import.meta.dirname, 'reset.ts')
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', DATA_DIR }
  return spawnSync(process.execPath, [file, ...words], { cwd, env, encoding: 'utf8', timeout: 20_000 })
}

test('with --yes the folder is gone, and a second time there is nothing to do', (t) => {
  const folder = temporary(t)
  assert.equal(reset(folder, ['--yes']).status, 0)
  assert.ok(!existsSync(join(folder, 'data')))
  assert.equal(reset(folder, ['--yes']).status, 0)
})

test('without anybody to ask nothing is deleted', (t) => {
  const folder = temporary(t)
  assert.equal(reset(folder, []).status, 1)
  assert.ok(existsSync(join(folder, 'data', 'users.db')))
})

test('a folder that holds more than data is never deleted', (t) => {
  const folder = temporary(t)
  for (const found of [folder, '/', '.', join(folder, '..')]) {
    const { status, stderr } = reset(folder, ['--yes'], found)
    assert.equal(status, 1)
    assert.match(stderr, /^DATA_DIR is ".*": it must be a folder of its own/)
  }
  assert.ok(existsSync(join(folder, 'data', 'users.db')))
})
