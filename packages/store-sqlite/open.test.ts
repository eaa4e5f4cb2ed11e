/** Opening and closing: what is made, what is refused and how it is told. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { type Code, hasCode } from '@vestnik/bus/errors'
import { openSqliteStore } from './index.ts'
import { atEnd, look, openScratch, run, scratchPath } from './scratch.fixture.ts'

async function assertRefused(t: TestContext, path: string, code: Code, words: RegExp): Promise<void> {
  const opening = openSqliteStore(path)
  atEnd(t, () => opening.then((store) => store.close()).catch(() => {}))
  await assert.rejects(opening, (error) => {
    assert.ok(hasCode(error, code), `expected ${code}, got ${error}`)
    assert.match(error.message, words)
    return true
  })
}

test('folders and file are made, and everything is there when it is opened again', async (t) => {
  const path = scratchPath(t, 'some/folders/below/store.db')
  const store = await openSqliteStore(path)
  await run(store, 'CREATE TABLE a (n)')
  await run(store, 'INSERT INTO a VALUES (1)')
  await store.close()
  assert.deepEqual(readdirSync(dirname(path)), ['store.db'], 'a closed store leaves one file')
  assert.deepEqual(await look(await openScratch(t, path), 'SELECT n FROM a'), [{ n: 1 }])
})

test('a path that is a link to the file is the same store', async (t) => {
  const path = scratchPath(t)
  const link = join(dirname(path), 'other', 'link.db')
  const store = await openScratch(t, path)
  mkdirSync(dirname(link))
  symlinkSync(path, link)
  await run(await openScratch(t, link), 'CREATE TABLE a (n)')
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [])
})

test('a name that looks like a URL is a file of that name', async (t) => {
  const folder = dirname(scratchPath(t))
  const before = process.cwd()
  process.chdir(folder)
  atEnd(t, () => process.chdir(before))
  await run(await openScratch(t, 'file:a.db?mode=memory'), 'CREATE TABLE a (n)')
  assert.ok(existsSync(join(folder, 'file:a.db?mode=memory')))
})

test('a file that is no database is refused and left as it is', async (t) => {
  const path = scratchPath(t)
  const text = 'these are not the bytes of a database\n'.repeat(200)
  writeFileSync(path, text)
  await assertRefused(t, path, 'FILE_CORRUPT', /not a SQLite database/)
  assert.equal(readFileSync(path, 'utf8'), text)
})

test('a file that was cut short is refused as damaged', async (t) => {
  const path = scratchPath(t)
  const store = await openSqliteStore(path)
  await run(store, 'CREATE TABLE a (n)')
  for (let i = 0; i < 20; i += 1) await run(store, 'INSERT INTO a VALUES (?)', 'x'.repeat(5000))
  await store.close()
  truncateSync(path, 8192)
  await assertRefused(t, path, 'FILE_CORRUPT', /damaged/)
})

test('what cannot be a file is refused: a folder, a file for a folder', async (t) => {
  const path = scratchPath(t)
  writeFileSync(path, '')
  await assertRefused(t, dirname(path), 'FILE_UNUSABLE', /for writing/)
  await assertRefused(t, join(path, 'below', 'store.db'), 'FILE_UNUSABLE', /ENOTDIR|EEXIST/)
})

test('a file that another process keeps locked is refused within about a second', async (t) => {
  const path = scratchPath(t)
  const other = new DatabaseSync(path)
  atEnd(t, () => other.close())
  other.exec('CREATE TABLE a (n); BEGIN EXCLUSIVE')
  const began = performance.now()
  await assertRefused(t, path, 'FILE_LOCKED', /another process keeps it locked/)
  assert.ok(performance.now() - began < 2000)
  other.exec('COMMIT')
  await openScratch(t, path)
})

test('options that are not allowed are refused', async (t) => {
  const path = scratchPath(t)
  for (const options of [{ pollMs: 0 }, { pollMs: Number.NaN }, { checkpointPages: 1 }, { checkpointPages: 1.5 }]) {
    await assert.rejects(openSqliteStore(path, options), (error) => hasCode(error, 'BAD_OPTION'))
  }
  for (const wrong of ['', 'a\0b']) {
    await assert.rejects(openSqliteStore(wrong), (error) => hasCode(error, 'BAD_OPTION'))
  }
  assert.ok(!existsSync(path))
})

test('close ends what is queued, may be called again, and is the end', async (t) => {
  const path = scratchPath(t)
  const store = await openSqliteStore(path)
  await run(store, 'CREATE TABLE a (n)')
  const works = Array.from({ length: 500 }, (_, n) => run(store, 'INSERT INTO a VALUES (?)', n))
  const reading = look(store, 'SELECT 1 AS one')
  await Promise.all([store.close(), store.close()])
  await store.close()
  await Promise.all([...works, reading])
  for (const late of [run(store, 'SELECT 1'), look(store, 'SELECT 1')]) {
    await assert.rejects(late, (error) => hasCode(error, 'STORE_CLOSED'))
  }
  assert.deepEqual(await look(await openScratch(t, path), 'SELECT count(*) AS n FROM a'), [{ n: 500 }])
})

test('a store closes itself at the end of its block', async (t) => {
  const path = scratchPath(t)
  {
    await using store = await openSqliteStore(path)
    await run(store, 'CREATE TABLE a (n)')
  }
  assert.deepEqual(readdirSync(dirname(path)), ['store.db'])
})
