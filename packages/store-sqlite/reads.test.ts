/** Reads: what is seen, and when it is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@vestnik/bus/errors'
import { soundMachine } from './faulty.fixture.ts'
import { look, openScratch, run, scratchPath } from './scratch.fixture.ts'
import type { Machine } from './store.ts'

/** A machine whose syncs wait until they are let go of, the oldest first. */
function heldMachine(): { machine: Machine; hold: () => void; letGo: () => void; begun: () => number } {
  let held: (() => void)[] | undefined
  let begun = 0
  const fdatasync: Machine['fdatasync'] = (_fd, done) => {
    begun += 1
    if (held) held.push(() => done())
    else setImmediate(done)
  }
  return {
    machine: { ...soundMachine, fdatasync },
    hold: () => {
      held = []
    },
    letGo: () => {
      held?.shift()?.()
    },
    begun: () => begun,
  }
}

/** Whether the promise is still open after the event loop has gone round a few times. */
async function stillOpen(promise: Promise<unknown>): Promise<boolean> {
  let open = true
  const settled = (): void => {
    open = false
  }
  promise.then(settled, settled)
  for (let i = 0; i < 20; i += 1) await sleep(1)
  return open
}

test('a read does not wait for the work that runs, and sees nothing of it', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  const [written, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = store.transaction(async (tx) => {
    await tx.query('INSERT INTO a VALUES (1)', [])
    written.resolve()
    await seen.promise
  })
  await written.promise
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [])
  seen.resolve()
  await work
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 1 }])
})

test('a read sees one moment, from its first statement on', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  const [begun, committed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const reading = store.read(async (tx) => {
    begun.resolve()
    await committed.promise
    return tx.query('SELECT n FROM a', [])
  })
  await begun.promise
  await run(store, 'INSERT INTO a VALUES (1)')
  committed.resolve()
  assert.deepEqual(await reading, [])
})

test('a read resolves only when what it saw is durable', async (t) => {
  const { machine, hold, letGo } = heldMachine()
  const store = await openScratch(t, scratchPath(t), {}, machine)
  await run(store, 'CREATE TABLE a (n)')
  hold()
  const writing = run(store, 'INSERT INTO a VALUES (1)')
  assert.ok(await stillOpen(writing))
  const reading = look(store, 'SELECT n FROM a')
  assert.ok(await stillOpen(reading))
  letGo() // the sync that began before the read: only the writer is told
  await writing
  assert.ok(await stillOpen(reading))
  letGo()
  assert.deepEqual(await reading, [{ n: 1 }])
})

test("a read syncs another process's commit itself, once", async (t) => {
  const path = scratchPath(t)
  const { machine, begun } = heldMachine()
  const [store, other] = [await openScratch(t, path, {}, machine), await openScratch(t, path)]
  await run(other, 'CREATE TABLE a (n)')
  await look(store, 'SELECT n FROM a')
  const before = begun()
  await run(other, 'INSERT INTO a VALUES (1)')
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 1 }])
  assert.equal(begun(), before + 1)
  await look(store, 'SELECT n FROM a')
  await run(store, 'SELECT n FROM a')
  assert.equal(begun(), before + 1)
})

test('a transaction that only reads waits for what it saw as well, and so does an error', async (t) => {
  const { machine, hold, letGo } = heldMachine()
  const store = await openScratch(t, scratchPath(t), {}, machine)
  await run(store, 'CREATE TABLE a (n UNIQUE)')
  hold()
  const writing = run(store, 'INSERT INTO a VALUES (1)')
  assert.ok(await stillOpen(writing))
  const reading = run(store, 'SELECT n FROM a')
  const failing = run(store, 'INSERT INTO a VALUES (1)')
  failing.catch(() => {})
  assert.ok(await stillOpen(Promise.race([reading, failing])))
  letGo()
  assert.ok(await stillOpen(Promise.race([reading, failing])))
  letGo()
  assert.deepEqual(await reading, [{ n: 1 }])
  await assert.rejects(failing)
})

test('a read may not write, not even where nothing would be changed', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  for (const sql of ['INSERT INTO a VALUES (1)', 'DELETE FROM a', 'CREATE TABLE b (n)']) {
    await assert.rejects(look(store, sql), (error) => hasCode(error, 'SQL_STATEMENT'), sql)
  }
  assert.deepEqual(await look(store, 'PRAGMA table_info(a)').then((rows) => rows.length), 1)
})

test('a read that takes longer than a second is ended, and the next one runs', async (t) => {
  const store = await openScratch(t)
  const kept: unknown[] = []
  const slow = store.read(async (tx) => {
    await sleep(1100)
    kept.push(await tx.query('SELECT 1', []).catch((error) => error.code))
  })
  const next = look(store, 'SELECT 1 AS one')
  await assert.rejects(slow, (error) => hasCode(error, 'TX_TOO_SLOW'))
  assert.deepEqual(await next, [{ one: 1 }])
  await sleep(150)
  assert.deepEqual(kept, ['TX_ENDED'])
})

test('reads inside a read are nested', async (t) => {
  const store = await openScratch(t)
  const nested = await store.read(() => look(store, 'SELECT 1').catch((error) => error.code))
  assert.equal(nested, 'TX_NESTED')
})
