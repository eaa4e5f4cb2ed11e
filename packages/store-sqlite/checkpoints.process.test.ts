/** The write-ahead log stays short, whoever writes and reads, and nobody's thread pays for it. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openScratch, run, scratchPath, until } from './scratch.fixture.ts'
import type { SqliteStore } from './store.ts'

const megabyte = 1_000_000
const threads = (): number => (process.report.getReport() as unknown as { workers: unknown[] }).workers.length

/** Ten callers write so many megabytes through the log, without a pause; answers how large the log became. */
async function pour(store: SqliteStore, path: string, megabytes: number): Promise<number> {
  let largest = 0
  const caller = async (id: number): Promise<void> => {
    for (let i = 0; i < megabytes; i += 1) {
      const body = new Uint8Array(100_000).fill(i) // what is the same already is not written
      await run(store, 'INSERT INTO a VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body', id, body)
      largest = Math.max(largest, statSync(`${path}-wal`).size)
    }
  }
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(caller))
  return largest
}

async function openWithTable(...given: Parameters<typeof openScratch>): Promise<SqliteStore> {
  const store = await openScratch(...given)
  await run(store, 'CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, body)')
  return store
}

test('a small program starts no thread', { timeout: 30_000 }, async (t) => {
  const store = await openWithTable(t)
  for (let i = 0; i < 100; i += 1) await run(store, 'INSERT INTO a VALUES (?, NULL)', i)
  assert.equal(threads(), 0)
})

test('the log stays short under constant writing', { timeout: 60_000 }, async (t) => {
  const path = scratchPath(t)
  const store = await openWithTable(t, path, { checkpointPages: 500 })
  const largest = await pour(store, path, 150)
  assert.ok(largest < 60 * megabyte, `150 MB were written, and the log had ${largest / megabyte} MB`)
  assert.equal(threads(), 1)
  await store.close()
  assert.equal(threads(), 0)
})

test('the log stays short when two stores write the file in turn', { timeout: 60_000 }, async (t) => {
  const path = scratchPath(t)
  const stores = [
    await openWithTable(t, path, { checkpointPages: 500 }),
    await openWithTable(t, path, { checkpointPages: 500 }),
  ]
  const largest = Math.max(...(await Promise.all(stores.map((store) => pour(store, path, 80)))))
  assert.ok(largest < 80 * megabyte, `160 MB were written, and the log had ${largest / megabyte} MB`)
})

test('a long read keeps the log, and afterwards it is short again', { timeout: 60_000 }, async (t) => {
  const path = scratchPath(t)
  const store = await openWithTable(t, path, { checkpointPages: 200 })
  const begun = Promise.withResolvers<void>()
  const reading = store.read(async (tx) => {
    await tx.query('SELECT count(*) FROM a', [])
    begun.resolve()
    await sleep(600)
    return tx.query('SELECT count(*) AS n FROM a', [])
  })
  await begun.promise
  await pour(store, path, 10)
  assert.deepEqual(await reading, [{ n: 0 }])
  await pour(store, path, 10)
  // The file keeps its size when the log begins anew, and is cut when it was much too long.
  await until(() => statSync(`${path}-wal`).size < 15 * megabyte)
})
