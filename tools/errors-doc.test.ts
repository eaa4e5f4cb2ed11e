import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codes } from '../packages/bus/errors.ts'
import { checkErrorsPage, errorsPage } from './errors-doc.ts'

test('the page has every code with its remedy', () => {
  for (const [code, { remedy }] of Object.entries(codes)) {
    assert.ok(errorsPage().includes(`### ${code}\n`), code)
    assert.ok(errorsPage().includes(remedy), code)
  }
})

test('a page that differs by one word is out of date', () => {
  assert.deepEqual(checkErrorsPage(errorsPage()), [])
  assert.equal(checkErrorsPage(errorsPage().replace('BAD_URL', 'BAD_URI')).length, 1)
})
