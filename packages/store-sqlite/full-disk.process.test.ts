/** A disk that is full: what is told, what is kept, and that the store goes on when there is room again. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type BusError, hasCode } from '@vestnik/bus/errors'
import { openSqliteStore, type SqliteStore } from './index.ts'
import { atEnd, look, openScratch, run, scratchPath } from './scratch.fixture.ts'

interface SmallDisk {
  readonly store: SqliteStore
  makeRoom(): Promise<void>
}

/** A real disk of 2 MB where that is allowed (root on Linux), else a store that may have no more pages. */
async function smallDisk(t: TestContext): Promise<SmallDisk> {
  const path = scratchPath(t, 'disk/store.db')
  const folder = dirname(path)
  mkdirSync(folder)
  if (!mounted(folder)) return fewPages(t, path)
  const store = await openSqliteStore(path)
  atEnd(t, async () => {
    await store.close()
    execFileSync('umount', [folder])
  })
  const ballast = join(folder, 'ballast')
  writeFileSync(ballast, new Uint8Array(1_000_000))
  return { store, makeRoom: async () => rmSync(ballast) }
}

function mounted(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'vestnik', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false // a container without the right to mount
  }
}

async function fewPages(t: TestContext, path: string): Promise<SmallDisk> {
  const store = await openScratch(t, path)
  const allow = (pages: number): Promise<unknown> => run(store, `PRAGMA max_page_count = ${pages}`)
  await allow(60)
  return { store, makeRoom: async () => void (await allow(10_000)) }
}

test('on a full disk a work fails because of it, others go on, and all goes on when there is room', {
  timeout: 60_000,
}, async (t) => {
  const { store, makeRoom } = await smallDisk(t)
  await run(store, 'CREATE TABLE a (n INTEGER PRIMARY KEY, body)')
  const add = (n: number): Promise<unknown> => run(store, 'INSERT INTO a VALUES (?, ?)', n, new Uint8Array(20_000))
  let told = 0
  const failure = await (async () => {
    for (; told < 1000; told += 1) await add(told)
  })().then(
    () => undefined,
    (error: BusError) => error,
  )
  assert.ok(hasCode(failure, 'COMMIT_FAILED') && hasCode(failure.cause, 'DISK_FULL'), String(failure))
  const kept = async (): Promise<unknown> => (await look(store, 'SELECT count(*) AS n FROM a'))[0]?.n
  assert.equal(await kept(), told)
  const [large, none] = await Promise.allSettled([add(told), run(store, 'SELECT 1 AS one')])
  assert.ok(large.status === 'rejected' && hasCode(large.reason, 'COMMIT_FAILED'))
  assert.ok(none.status === 'fulfilled')
  await makeRoom()
  await add(told)
  assert.equal(await kept(), told + 1)
})

test('a store on a full disk cannot be made, and it is told so', { timeout: 60_000 }, async (t) => {
  const folder = join(dirname(scratchPath(t)), 'disk')
  mkdirSync(folder)
  if (!mounted(folder)) return t.skip('only root may mount a small disk')
  atEnd(t, () => execFileSync('umount', [folder]))
  try {
    writeFileSync(join(folder, 'ballast'), new Uint8Array(3_000_000))
  } catch {
    // as full as it gets
  }
  await assert.rejects(openSqliteStore(join(folder, 'store.db')), (error) => hasCode(error, 'DISK_FULL'))
})
