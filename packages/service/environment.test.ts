/** The process's own variables come first, and an empty one counts as unset. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readEnvironment } from './environment.ts'

test("the process's own variables come before those of the file, and empty ones count as unset", (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-environment-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, '.env')
  writeFileSync(file, 'PORT=4000\nHOST=127.0.0.2\nDATA_DIR=\n# a remark\n')
  assert.deepEqual(readEnvironment({ PORT: '5000', HOST: '', SERVICES: '  ' }, file), {
    PORT: '5000',
    HOST: '127.0.0.2',
  })
})

test('without a file only the own variables are there', () => {
  assert.deepEqual(readEnvironment({ A: 'b' }, '/nowhere/.env'), { A: 'b' })
})

test('ENV_FILE names another file', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-environment-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'other')
  writeFileSync(file, 'PORT=4000\n')
  assert.deepEqual(readEnvironment({ ENV_FILE: file }), { ENV_FILE: file, PORT: '4000' })
})
