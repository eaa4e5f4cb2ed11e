/** Tables fit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Column, table } from './table.ts'
import { anyText } from './test/any-text.ts'
import { cut, widthOf, wrap } from './text-width.ts'

interface Row {
  readonly no: number
  readonly name: string
  readonly why: string
}

const columns: readonly Column<Row>[] = [
  { title: 'No', of: ({ no }) => String(no), align: 'right' },
  { title: 'Name', of: ({ name }) => name, least: 6 },
  { title: 'Why', of: ({ why }) => why, least: 10, spare: 1 },
]

const rows: readonly Row[] = [
  { no: 7, name: 'user.loggedIn', why: 'the disk is full' },
  { no: 12, name: 'mail', why: 'a\nb' },
]

test('columns are as wide as they must be, numbers stand at the right, and no line ends in spaces', () => {
  assert.deepEqual(table(columns, rows, { width: 80 }), [
    'No  Name           Why',
    ' 7  user.loggedIn  the disk is full',
    '12  mail           a\\nb',
  ])
})

test('the widest columns are narrowed first, and what was cut says so', () => {
  assert.deepEqual(table(columns, rows, { width: 30 }), [
    'No  Name          Why',
    ' 7  user.logged…  the disk is…',
    '12  mail          a\\nb',
  ])
})

test('a column that can be spared goes before others lose their least', () => {
  assert.deepEqual(table(columns, rows, { width: 20 }), ['No  Name', ' 7  user.loggedIn', '12  mail'])
})

test('a column without a text in any row is left out', () => {
  const silent = rows.map((row) => ({ ...row, why: '' }))
  assert.equal(table(columns, silent, { width: 80 })[0], 'No  Name')
})

test('wide letters and emoji take two columns, combining marks none', () => {
  assert.equal(widthOf('東京'), 4)
  assert.equal(widthOf('👩‍👩‍👧!'), 3)
  assert.equal(widthOf('e\u0301й'), 2)
  assert.equal(cut('東京都庁', 5), '東京…')
  assert.equal(cut('e\u0301e\u0301e\u0301', 2), 'e\u0301…')
})

test('no line is wider than the terminal, whatever the messages hold', () => {
  const row = fc.record({ no: fc.nat(), name: fc.string({ unit: 'grapheme' }), why: anyText })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.integer({ min: 10, max: 60 }), (rows, width) => {
      for (const line of table(columns, rows, { width })) assert.ok(widthOf(line) <= width, line)
    }),
  )
})

test('wrapped lines fit and lose no word', () => {
  assert.deepEqual(wrap('the quick brown fox', 9), ['the quick', 'brown fox'])
  assert.deepEqual(wrap('go abcdefghij on', 4), ['go', 'abcd', 'efgh', 'ij', 'on'])
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 4, max: 20 }), (text, width) => {
      const lines = wrap(text, width)
      for (const line of lines) assert.ok(widthOf(line) <= width, line)
      assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''))
    }),
  )
})
