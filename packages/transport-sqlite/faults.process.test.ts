/** What cannot be worked on is told clearly, and nothing that was confirmed is lost by it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Code, hasCode, PublishError } from '@vestnik/bus/errors'
import type { Incoming, Outgoing, Transport } from '@vestnik/bus/transport'
import { openSqliteTransport } from './index.ts'

const group = { topic: 'film.rented', name: 'films', concurrency: 8, order: 'key' } as const
const topology = { topics: [{ name: group.topic, partitions: 4 }], groups: [group] }

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-faults-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const message = (id: string, bytes = 100): Outgoing => ({
  id,
  topic: group.topic,
  key: id,
  headers: {},
  body: new Uint8Array(bytes),
})

/** Reads until nothing new has come for a while, and answers the ids. */
async function readAll(transport: Transport, wanted: number): Promise<Set<string>> {
  const ids = new Set<string>()
  const all = Promise.withResolvers<void>()
  const subscription = await transport.subscribe(group, async (incoming: Incoming) => {
    ids.add(incoming.id)
    if (ids.size >= wanted) all.resolve()
  })
  await Promise.race([all.promise, sleep(20_000)])
  await subscription.drain()
  return ids
}

const opening = (path: string) => openSqliteTransport(path, { lockMs: 300 })
const coded = (code: Code) => (error: unknown) => hasCode(error, code)

test('a missing file is made, with its folder', { timeout: 20_000 }, async (t) => {
  const path = join(folderFor(t), 'a', 'b', 'broker.db')
  const transport = await opening(path)
  await transport.close()
  assert.ok(existsSync(path))
})

test('a file that is no database, or is damaged, is refused and left as it is', { timeout: 20_000 }, async (t) => {
  const folder = folderFor(t)
  const text = join(folder, 'text.db')
  writeFileSync(text, 'This is a letter, not a database. '.repeat(500))
  await assert.rejects(opening(text), coded('FILE_CORRUPT'))
  const damaged = join(folder, 'damaged.db')
  const transport = await opening(damaged)
  await transport.ensure(topology)
  await transport.close()
  truncateSync(damaged, 5000)
  await assert.rejects(opening(damaged), coded('FILE_CORRUPT'))
})

test("another program's database is refused and left as it is", { timeout: 20_000 }, async (t) => {
  const path = join(folderFor(t), 'users.db')
  const other = new DatabaseSync(path)
  other.exec('create table users (id integer)')
  await assert.rejects(opening(path), coded('FILE_UNUSABLE'))
  assert.equal(other.prepare('select count(*) as count from sqlite_master').get()?.count, 1)
  other.close()
})

test('a file of a newer version is refused, at the start and while it is open', { timeout: 20_000 }, async (t) => {
  const path = join(folderFor(t), 'broker.db')
  const transport = await opening(path)
  await transport.ensure(topology)
  const newer = new DatabaseSync(path, { timeout: 1000 })
  newer.exec(
    "update meta set value = 99 where name = 'version'; update meta set value = value + 1 where name = 'changes'",
  )
  newer.close()
  await assert.rejects(transport.publish([message('a')]), (error) => {
    return error instanceof PublishError && hasCode(error.cause, 'NEWER_VERSION')
  })
  await transport.close()
  await assert.rejects(opening(path), coded('NEWER_VERSION'))
})

test('a folder that cannot be used is told', { timeout: 20_000 }, async (t) => {
  const folder = folderFor(t)
  writeFileSync(join(folder, 'file'), '')
  await assert.rejects(opening(join(folder, 'file', 'broker.db')), coded('FILE_UNUSABLE'))
  mkdirSync(join(folder, 'broker.db'))
  await assert.rejects(opening(join(folder, 'broker.db')), coded('FILE_UNUSABLE'))
  const closed = join(folder, 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o500)
  // Permissions do not bind root.
  if (process.getuid?.() !== 0) await assert.rejects(opening(join(closed, 'broker.db')), coded('FILE_UNUSABLE'))
})

test('a file that others keep locked: in doubt, not ready, and well again by itself', {
  timeout: 30_000,
}, async (t) => {
  const path = join(folderFor(t), 'broker.db')
  const transport = await opening(path)
  t.after(() => transport.close())
  await transport.ensure(topology)
  await transport.publish([message('before')])
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  const error: unknown = await transport.publish([message('during')]).catch((reason) => reason)
  assert.ok(error instanceof PublishError && hasCode(error.cause, 'FILE_LOCKED'))
  assert.deepEqual([error.doubtful, error.refused], [['during'], []])
  assert.equal(transport.health().ready, false)
  assert.match(transport.health().reason ?? '', /locked/)
  other.exec('rollback')
  other.close()
  await transport.publish([message('after')])
  assert.equal(transport.health().ready, true)
  assert.deepEqual([...(await readAll(transport, 2))].sort(), ['after', 'before'])
})

const mayMount = process.getuid?.() === 0 && process.platform === 'linux'

test('a full disk keeps what was confirmed, and goes on when there is room', {
  timeout: 60_000,
  skip: !mayMount,
}, async (t) => {
  const folder = join(folderFor(t), 'small')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return t.skip('no file system may be mounted here')
  }
  const transport = await opening(join(folder, 'broker.db'))
  let confirmed = 0
  try {
    await transport.ensure(topology)
    let fault: unknown
    while (!fault && confirmed < 10_000) {
      await transport.publish([message(`m${confirmed}`, 10_000)]).then(
        () => (confirmed += 1),
        (error) => (fault = error),
      )
    }
    assert.ok(fault instanceof PublishError && hasCode(fault.cause, 'DISK_FULL'), String(fault))
    assert.equal(transport.health().ready, false)
    execFileSync('mount', ['-o', 'remount,size=64m', folder])
    await transport.publish([message('after')])
    const ids = await readAll(transport, confirmed + 1)
    for (let i = 0; i < confirmed; i += 1) assert.ok(ids.has(`m${i}`), `m${i} was confirmed and is lost`)
    assert.ok(ids.has('after'))
    assert.equal(transport.health().ready, true)
  } finally {
    await transport.close()
    execFileSync('umount', [folder])
  }
})
