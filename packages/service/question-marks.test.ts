/** Values are bound by `?` on every database, and quoted texts are left alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialect, Store, Tx } from '@vestnik/bus/store'
import { withQuestionMarks } from './question-marks.ts'

/** A store that answers what it was asked. */
function echo(dialect: Dialect): Store {
  const tx: Tx = { query: async (sql, values) => [{ sql, values: values.length }] }
  return {
    dialect,
    transaction: (work) => work(tx),
    read: (work) => work(tx),
    watch: () => () => {},
    close: async () => {},
  }
}

const asked = async (dialect: Dialect, sql: string) => {
  const store = withQuestionMarks(echo(dialect))
  const [inTransaction] = await store.transaction((tx) => tx.query(sql, [1, 2]))
  const [inRead] = await store.read((tx) => tx.query(sql, [1, 2]))
  assert.deepEqual(inRead, inTransaction)
  return inRead?.sql
}

test('on PostgreSQL each ? is numbered, but for those in quotes', async () => {
  const sql = `SELECT '?', 'it''s ?', "a?" FROM t WHERE x = ? AND y IN (?, ?)`
  const expected = `SELECT '?', 'it''s ?', "a?" FROM t WHERE x = $1 AND y IN ($2, $3)`
  assert.equal(await asked('postgres', sql), expected)
  assert.equal(await asked('sqlite', sql), sql)
})

test('what is numbered already is left as it is', async () => {
  assert.equal(await asked('postgres', 'SELECT $1, $2'), 'SELECT $1, $2')
})
