/** Shown by a trace of the system calls: nothing is told before the log is synced, and what happens when the disk fails. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { start } from './child.fixture.ts'
import { look, openScratch, run, scratchPath } from './scratch.fixture.ts'
import { type Call, isOn, isPrinted, isSync, readTrace, strace } from './trace.fixture.ts'

const program = './program.fixture.ts'
const limit = { timeout: 60_000 }

/** Every line was printed after a whole sync of the log that began after what it tells of was in it. */
function assertSyncedBefore(lines: readonly string[], calls: readonly Call[], log: string): void {
  const syncs = calls.filter((call) => isSync(call, log) && !call.failed)
  for (const line of lines) {
    const mark = line.replace('saw ', '')
    const known = calls.find((call) => isOn(call, 'pwrite64', log) && call.text.includes(mark))
    const told = calls.find((call) => isPrinted(call, line))
    assert.ok(known && told, `${line} is in the trace`)
    const covering = syncs.find((sync) => sync.began > known.ended && sync.ended < told.began)
    assert.ok(covering, `${line} was told without a sync after it was in the log`)
  }
}

test('no transaction resolves before a sync of the log that began after its commit', limit, async (t) => {
  const path = scratchPath(t)
  const child = start(t, program, [path, 'answer'], strace(`${path}.trace`))
  assert.equal(await child.ended, 0)
  const [open, made, ...answers] = child.lines
  assert.deepEqual([open, made], ['open', 'made'])
  assert.equal(answers.length, 70)
  const calls = readTrace(`${path}.trace`)
  assertSyncedBefore(answers, calls, `${path}-wal`)
  const syncs = calls.filter((call) => isSync(call, `${path}-wal`))
  assert.ok(syncs.length < answers.length, 'transactions share syncs')
})

test("once the log is begun, no sync runs on the caller's thread, also when it begins anew", limit, async (t) => {
  const path = scratchPath(t)
  const child = start(t, program, [path, 'pour'], strace(`${path}.trace`))
  assert.equal(await child.ended, 0)
  const calls = readTrace(`${path}.trace`)
  const made = calls.find((call) => isPrinted(call, 'made'))
  const done = calls.find((call) => isPrinted(call, 'done'))
  assert.ok(made && done)
  const syncs = calls.filter((call) => /sync/.test(call.name) && call.began > made.ended && call.ended < done.began)
  assert.ok(syncs.some((call) => isSync(call, `${path}-wal`)))
  assert.ok(syncs.some((call) => isSync(call, path)))
  assert.deepEqual(
    syncs.filter((call) => call.pid === made.pid),
    [],
  )
})

test('folders, file and log are synced into their folders before the store is open', limit, async (t) => {
  const path = scratchPath(t, 'some/folder/store.db')
  const child = start(t, program, [path, 'answer'], strace(`${path.replace('/some/folder', '')}.trace`))
  assert.equal(await child.ended, 0)
  const calls = readTrace(`${path.replace('/some/folder', '')}.trace`)
  const before = calls.slice(
    0,
    calls.findIndex((call) => isPrinted(call, 'open')),
  )
  const after = (name: string): Call[] =>
    before.slice(before.findIndex((call) => call.name === 'openat' && call.text.includes(`"${name}"`)))
  const folder = path.replace('/store.db', '')
  assert.ok(after(`${path}-wal`).some((call) => isSync(call, folder)))
  assert.ok(before.some((call) => isSync(call, folder.replace('/folder', ''))))
  assert.ok(before.some((call) => isSync(call, folder.replace('/some/folder', ''))))
  assert.ok(before.some((call) => isSync(call, path)))
})

test("a reader tells nothing of another process's commit before it is synced", limit, async (t) => {
  const path = await pathWithTable(t)
  const slow = 'fdatasync:delay_exit=40000'
  const reader = start(t, program, [path, 'look', '15'], strace(`${path}.trace`, slow))
  assert.equal(await reader.ended, 0)
  assert.ok(reader.lines.length > 3)
  assertSyncedBefore(reader.lines, readTrace(`${path}.trace`), `${path}-wal`)
})

test(
  'when a sync fails, the outcome is unknown, the store is closed, and the log is left as it is',
  limit,
  async (t) => {
    const path = await pathWithTable(t)
    const child = start(t, program, [path, 'fail'], strace(`${path}.trace`, 'fdatasync:error=EIO:when=4+'))
    assert.equal(await child.ended, 0)
    assert.match(child.lines[0] ?? '', /^\d+ COMMIT_UNKNOWN because of EIO/)
    assert.match(child.lines[1] ?? '', /^STORE_CLOSED/)
    const calls = readTrace(`${path}.trace`)
    const failed = calls.find((call) => isSync(call, `${path}-wal`) && call.failed)
    assert.ok(failed)
    const later = calls.filter((call) => call.began > failed.began)
    assert.ok(!later.some((call) => isOn(call, 'pwrite64', path)), 'the log is not written into the database')
    assert.ok(!later.some((call) => call.name === 'unlink' && call.text.includes(`${path}-wal`)))
  },
)

test('when the disk is full, a commit fails because of it, and what was told before is kept', limit, async (t) => {
  const path = await pathWithTable(t)
  const faults = strace(`${path}.trace`, 'pwrite64:error=ENOSPC:when=60+')
  const child = start(t, program, [path, 'fail'], [...faults, '-P', `${path}-wal`])
  assert.equal(await child.ended, 0)
  const [first = '', second] = child.lines
  assert.match(first, /^\d+ COMMIT_FAILED because of DISK_FULL$/)
  assert.equal(second, 'COMMIT_FAILED because of DISK_FULL')
  const rows = await look(await openScratch(t, path), 'SELECT count(*) AS n FROM mark')
  assert.deepEqual(rows, [{ n: Number.parseInt(first, 10) }])
})

async function pathWithTable(t: TestContext): Promise<string> {
  const path = scratchPath(t)
  const store = await openScratch(t, path)
  await run(store, 'CREATE TABLE mark (text)')
  await store.close()
  return path
}
