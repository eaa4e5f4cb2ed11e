/** Which databases are opened, and what is said of the others. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { type Code, hasCode } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { openDatabase } from './open-database.ts'
import { openShop, tempFolder } from './test/shop.ts'

const refuses = (url: string, code: Code, words: RegExp) =>
  assert.rejects(openDatabase(url), (error) => hasCode(error, code) && words.test(error.message))

test('a URL and a plain path name the same file', async () => {
  await using folder = await tempFolder()
  await (await openShop(folder.database))[Symbol.asyncDispose]()
  for (const url of [folder.database, `sqlite:${folder.database}`]) {
    await using store = await openDatabase(url)
    assert.equal(store.dialect, 'sqlite')
  }
})

test('a missing file is said to be missing, and is not made', async () => {
  await using folder = await tempFolder()
  await refuses(`sqlite:${folder.database}`, 'FILE_MISSING', /shop\.db: there is no such file/)
  await refuses(join(folder.path, 'no', 'such', 'folder.db'), 'FILE_MISSING', /no such file/)
  assert.deepEqual(readdirSync(folder.path), [])
})

test('a scheme that is not known is named, and the rest of the URL is not', async () => {
  await refuses('mysql://user:geheim@host/db', 'BAD_URL', /does not know mysql:; give sqlite:<path>/)
  for (const url of ['mysql://user:geheim@host/db', 'postgres://user:geheim@host', 'postgres://geheim:5432:x/d']) {
    await assert.rejects(openDatabase(url), (error: Error) => !/geheim/.test(error.message))
  }
  await refuses('sqlite:', 'BAD_URL', /names no file/)
  await refuses('', 'BAD_URL', /names no file/)
})

test('a folder, and a file that is no database, are refused', async () => {
  await using folder = await tempFolder()
  mkdirSync(join(folder.path, 'shop'))
  await refuses(join(folder.path, 'shop'), 'FILE_UNUSABLE', /not a file/)
  writeFileSync(folder.database, 'not a database, but long enough to be taken for the header of one '.repeat(4))
  await refuses(folder.database, 'FILE_CORRUPT', /shop\.db/)
})

test('a database of something else is refused, and not a byte of it is changed', async () => {
  await using folder = await tempFolder()
  const db = new DatabaseSync(folder.database)
  db.exec('CREATE TABLE bookmarks (url TEXT)')
  db.close()
  const before = readFileSync(folder.database)
  await refuses(folder.database, 'NO_TABLES', /no tables/)
  assert.deepEqual(readFileSync(folder.database), before)
  assert.ok(!existsSync(`${folder.database}-wal`))
})

test('a file has no schemas', async () => {
  await assert.rejects(openDatabase('sqlite:shop.db', 'shop'), { code: 'BAD_OPTION', message: /leave --schema out/ })
})

test('tables of a newer version are refused', async () => {
  await using folder = await tempFolder()
  await (await openShop(folder.database))[Symbol.asyncDispose]()
  await using store = await openSqliteStore(folder.database)
  await store.transaction((tx) => tx.query('UPDATE vestnik_version SET version = 999', []))
  await refuses(folder.database, 'NEWER_VERSION', /version 999/)
})
