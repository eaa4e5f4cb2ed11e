import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus/errors'
import { checkStatement, namesOfStatements } from './statements.ts'

test('a work can neither begin nor end a transaction', () => {
  const refused = [
    'BEGIN',
    'start transaction',
    ' commit',
    'END',
    'ABORT',
    '/* x */ ROLLBACK',
    '-- y\nCOMMIT AND CHAIN',
  ]
  for (const sql of [...refused, ';COMMIT', "PREPARE TRANSACTION 'x'", "ROLLBACK PREPARED 'x'"]) {
    assert.throws(
      () => checkStatement(sql),
      (error) => hasCode(error, 'SQL_STATEMENT'),
      sql,
    )
  }
  for (const sql of ['SELECT 1', 'SAVEPOINT a', 'ROLLBACK TO a', 'RELEASE a', 'UPDATE t SET x = 1 -- COMMIT', '']) {
    checkStatement(sql)
  }
})

test('a text is prepared from its second use on, and only so many are', () => {
  const nameOf = namesOfStatements()
  assert.equal(nameOf('SELECT 1'), undefined)
  const name = nameOf('SELECT 1')
  assert.ok(name)
  assert.equal(nameOf('SELECT 1'), name)
  for (let i = 0; i < 2_000; i += 1) for (const _ of [1, 2]) nameOf(`SELECT ${i + 2}`)
  assert.equal(nameOf('SELECT 1'), name)
  assert.equal(nameOf('SELECT 2001'), undefined)
})
