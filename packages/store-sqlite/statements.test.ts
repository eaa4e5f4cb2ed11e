/** What one query may be, and what it answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus/errors'
import type { SqliteStore } from './index.ts'
import { look, openScratch, run } from './scratch.fixture.ts'

const refused = (error: unknown): boolean => hasCode(error, 'SQL_STATEMENT')

test('a second statement in one query is refused, a trailing semicolon or comment is not', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  await assert.rejects(run(store, 'INSERT INTO a VALUES (1); DELETE FROM a'), refused)
  await assert.rejects(run(store, 'SELECT 1;;; SELECT 2'), refused)
  await run(store, 'INSERT INTO a VALUES (2) ; -- done\n /* ; */ ;')
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 2 }])
})

test('a work can neither end the transaction nor attach a file', async (t) => {
  const store = await openScratch(t)
  for (const sql of ['COMMIT', 'ROLLBACK', 'BEGIN', 'END', '/* x */ commit', "ATTACH ':memory:' AS m", 'DETACH m']) {
    await assert.rejects(run(store, sql), refused, sql)
  }
})

test('a work may have savepoints of its own, and leave them open', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  await store.transaction(async (tx) => {
    await tx.query('SAVEPOINT mine', [])
    await tx.query('INSERT INTO a VALUES (1)', [])
    await tx.query('ROLLBACK TO mine', [])
    await tx.query('INSERT INTO a VALUES (2)', [])
  })
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 2 }])
})

test('too few and too many values are refused', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n, m)')
  for (const values of [[], [1], [1, 2, 3]]) {
    const work = run(store, 'INSERT INTO a VALUES (?, ?)', ...values)
    await assert.rejects(work, (error) => hasCode(error, 'SQL_VALUE') && /2 placeholders/.test(error.message))
  }
  assert.deepEqual(await look(store, 'SELECT * FROM a'), [])
})

test('a statement with thousands of placeholders is as good as any', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  const values = Array.from({ length: 32_766 }, (_, n) => n)
  const insert = `INSERT INTO a VALUES ${values.map(() => '(?)').join(', ')}`
  await run(store, insert, ...values)
  await assert.rejects(run(store, `${insert}, (1)`, ...values, 1), (error) => hasCode(error, 'SQL_VALUE'))
  await assert.rejects(run(store, insert, ...values.slice(1)), (error) => hasCode(error, 'SQL_VALUE'))
  assert.deepEqual(await look(store, 'SELECT count(*) AS n FROM a'), [{ n: 32_766 }])
})

test('whole numbers keep to themselves wherever they are bound', async (t) => {
  const store = await openScratch(t)
  assert.deepEqual(await look(store, "SELECT typeof(?) AS t, ? || 'x' AS s, ? / 2 AS half", 5, 5, 5), [
    { t: 'integer', s: '5x', half: 2 },
  ])
})

test('integers above 2^53 come out as bigints from any statement, and are written once', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n INTEGER)')
  assert.deepEqual(await run(store, 'INSERT INTO a VALUES (?) RETURNING n', 2n ** 60n), [{ n: 2n ** 60n }])
  assert.deepEqual(await look(store, 'SELECT n, 1 AS one FROM a'), [{ n: 2n ** 60n, one: 1 }])
  assert.deepEqual(await look(store, 'SELECT n, 1 AS one FROM a'), [{ n: 2n ** 60n, one: 1 }])
  assert.deepEqual(await look(store, 'SELECT max(n) AS n FROM a WHERE n < ?', 9), [{ n: null }])
})

test('rows are plain objects', async (t) => {
  const store = await openScratch(t)
  const [row] = await look(store, 'SELECT 1 AS n')
  assert.equal(Object.getPrototypeOf(row), Object.prototype)
})

test('a kept statement sees the columns that were added since', async (t) => {
  const store = await openScratch(t)
  const both = async (open: SqliteStore): Promise<unknown> => [
    await run(open, 'SELECT * FROM a'),
    await look(open, 'SELECT * FROM a'),
  ]
  await run(store, 'CREATE TABLE a (n)')
  await run(store, 'INSERT INTO a VALUES (1)')
  assert.deepEqual(await both(store), [[{ n: 1 }], [{ n: 1 }]])
  await run(store, 'ALTER TABLE a ADD COLUMN m')
  await run(store, 'ALTER TABLE a RENAME COLUMN n TO k')
  assert.deepEqual(await both(store), [[{ k: 1, m: null }], [{ k: 1, m: null }]])
})

test('more statements than are kept can be used, again and again', async (t) => {
  const store = await openScratch(t)
  for (const _ of [1, 2]) {
    await store.transaction(async (tx) => {
      for (let i = 0; i < 700; i += 1) assert.deepEqual(await tx.query(`SELECT ${i} AS n`, []), [{ n: i }])
    })
  }
})

test('a statement that is wrong rejects with the error of SQLite, and can be handled in the work', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n UNIQUE)')
  const codes = await store.transaction(async (tx) => {
    const syntax = await tx.query('SELEC 1', []).catch((error) => error.errcode)
    await tx.query('INSERT INTO a VALUES (1)', [])
    const unique = await tx.query('INSERT INTO a VALUES (1)', []).catch((error) => error.errcode)
    return [syntax, unique]
  })
  assert.deepEqual(codes, [1, 2067])
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 1 }])
})
