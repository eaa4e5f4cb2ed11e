/** The figures of a campaign in the page: one row for each command, the last that was run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands, found } from './account.fixture.ts'
import { accountOf } from './account.ts'
import { withRow } from './page.ts'
import type { Report } from './report.ts'

const report: Report = {
  command: 'npm run campaign -- --seed 7',
  date: '2026-01-02T03:04:05.678Z',
  machine: '2 cores',
  clean: true,
  answered: 7,
  uncertain: 1,
  kills: 12,
  faults: {},
  recovery: { 'kill a broker': { count: 2, p50Ms: 1_000, p99Ms: 2_000, maxMs: 2_000 } },
  account: accountOf(commands, found),
  accidents: [],
  leftOut: [],
  leftUndone: 0,
  drainedAfterMs: 500,
  plan: [],
}
const page = 'words\n| a | table |\n|---|---|\n<!-- /campaigns -->\nmore words\n'
const row = '| 2026-01-02 | `npm run campaign -- --seed 7` | 12 | 7 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 5, 0, 0 | 2000 ms |'

test('a campaign gets a row at the end of the table', () => {
  assert.equal(withRow(page, report), page.replace('<!--', `${row}\n<!--`))
})

test('the same campaign once more takes the place of its row', () => {
  const twice = withRow(withRow(page, { ...report, kills: 99 }), report)
  assert.equal(twice, withRow(page, report))
})

test('a page without a place is refused', () => {
  assert.throws(() => withRow('words', report), /no place for campaigns/)
})
