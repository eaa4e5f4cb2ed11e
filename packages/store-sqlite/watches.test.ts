/** Who is told of commits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { look, openScratch, run, scratchPath, until } from './scratch.fixture.ts'

test('a watcher is told of a commit when it is durable, and reads it', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  const seen: unknown[] = []
  store.watch(() => void look(store, 'SELECT count(*) AS n FROM a').then(([row]) => seen.push(row?.n)))
  await run(store, 'INSERT INTO a VALUES (1)')
  await until(() => seen.includes(1))
})

test('a watcher is not told of works that changed nothing, so that it may look by a transaction', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n UNIQUE)')
  await run(store, 'INSERT INTO a VALUES (1)')
  let wakes = 0
  store.watch(() => {
    wakes += 1
  })
  await run(store, 'SELECT n FROM a')
  await run(store, 'WITH b AS (SELECT n FROM a) SELECT * FROM b')
  await run(store, 'INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING')
  await run(store, 'INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING RETURNING n')
  await run(store, 'UPDATE a SET n = 2 WHERE n = 7')
  await run(store, 'DELETE FROM a WHERE n = 7')
  const failing = store.transaction(async (tx) => {
    await tx.query('INSERT INTO a VALUES (2)', [])
    throw new Error('mine')
  })
  await assert.rejects(failing)
  await look(store, 'SELECT n FROM a')
  await sleep(150)
  assert.equal(wakes, 0)
  await run(store, 'CREATE TABLE b (n)')
  await until(() => wakes === 1)
})

test('a watcher is told of a commit by another store on the file within a fifth of a second', async (t) => {
  const path = scratchPath(t)
  const [store, other] = [await openScratch(t, path), await openScratch(t, path)]
  await run(other, 'CREATE TABLE a (n)')
  let wokenAt = 0
  store.watch(() => {
    wokenAt = performance.now()
  })
  await sleep(20)
  assert.equal(wokenAt, 0)
  let soonestMs = Number.POSITIVE_INFINITY
  // More than once: the machine may stand still at any of them.
  for (let i = 0; i < 5; i += 1) {
    wokenAt = 0
    await run(other, 'INSERT INTO a VALUES (1)')
    const committedAt = performance.now()
    await until(() => wokenAt > 0)
    soonestMs = Math.min(soonestMs, wokenAt - committedAt)
  }
  assert.ok(soonestMs < 250, `told after ${soonestMs} ms at the soonest`)
})

test('the same function may watch twice, and each stops for itself', async (t) => {
  const store = await openScratch(t)
  let wakes = 0
  const wake = (): void => {
    wakes += 1
  }
  const [stopFirst, stopSecond] = [store.watch(wake), store.watch(wake)]
  await run(store, 'CREATE TABLE a (n)')
  await until(() => wakes === 2)
  stopFirst()
  stopFirst()
  await run(store, 'CREATE TABLE b (n)')
  await until(() => wakes === 3)
  stopSecond()
  await run(store, 'CREATE TABLE c (n)')
  assert.equal(wakes, 3)
})

test('a watcher that throws does not keep the others, nor the works, from being told', async (t) => {
  const store = await openScratch(t)
  const thrown: unknown[] = []
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').once('uncaughtException', (error) => thrown.push(error))
  store.watch(() => {
    throw new Error('mine')
  })
  let wakes = 0
  store.watch(() => {
    wakes += 1
  })
  await Promise.all([run(store, 'CREATE TABLE a (n)'), run(store, 'CREATE TABLE b (n)')])
  await until(() => wakes === 1 && thrown.length === 1)
  for (const listener of before) process.on('uncaughtException', listener)
})

test('a closed store tells nobody anything', async (t) => {
  const path = scratchPath(t)
  const [store, other] = [await openScratch(t, path, { pollMs: 10 }), await openScratch(t, path)]
  let wakes = 0
  store.watch(() => {
    wakes += 1
  })
  await store.close()
  store.watch(() => {
    wakes += 1
  })()
  await run(other, 'CREATE TABLE a (n)')
  await sleep(50)
  assert.equal(wakes, 0)
})
