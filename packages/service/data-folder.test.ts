/** A secret file is made once, whole, for this user alone. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder, makeOnce } from './data-folder.ts'

test('whoever comes first makes the file, and all read the same', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-folder-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'keys', 'secret')
  let made = 0
  const make = async () => {
    made += 1
    return `text ${made}`
  }
  const read = await Promise.all(Array.from({ length: 20 }, () => makeOnce(file, make)))
  assert.equal(new Set(read).size, 1)
  assert.equal(await makeOnce(file, make), read[0])
  assert.deepEqual(readdirSync(join(folder, 'keys')), ['secret'])
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('a folder that cannot be made is told in a sentence', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-folder-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file'), '')
  await assert.rejects(makeFolder(join(folder, 'file', 'below')), { code: 'FILE_UNUSABLE' })
})
