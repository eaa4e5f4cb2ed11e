/** Steps are done once, in order, and a newer version is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestStore } from '../../tools/databases/test-store.ts'
import { migrate } from './migrate.ts'

const first = ['CREATE TABLE a (x INTEGER)', 'INSERT INTO a VALUES (1)']
const second = ['ALTER TABLE a ADD COLUMN y INTEGER']

test('each step is done once, also when several come at the same time', async () => {
  await using store = await openTestStore()
  await Promise.all([migrate(store, 'p', [first]), migrate(store, 'p', [first])])
  await migrate(store, 'p', [first, second])
  await migrate(store, 'p', [first, second])
  assert.deepEqual(
    (await store.read((tx) => tx.query('SELECT x, y FROM a', []))).map((row) => ({ ...row })),
    [{ x: 1, y: null }],
  )
})

test('a step that fails leaves nothing behind', async () => {
  await using store = await openTestStore()
  await assert.rejects(migrate(store, 'p', [first, ['NONSENSE']]))
  await migrate(store, 'p', [first])
})

test('tables of a newer version are refused', async () => {
  await using store = await openTestStore()
  await migrate(store, 'p', [first, second])
  await assert.rejects(migrate(store, 'p', [first]), { code: 'NEWER_VERSION' })
})

test('parts are numbered apart', async () => {
  await using store = await openTestStore()
  await migrate(store, 'p', [first])
  await migrate(store, 'q', [['CREATE TABLE b (x INTEGER)']])
  await store.transaction((tx) => tx.query('INSERT INTO b VALUES (1)', []))
})
