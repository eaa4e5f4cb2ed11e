/** The mutants in the page: one row for each, in the order of their files, and nothing else is touched. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Judgement } from './mutants/judge.ts'
import { withMutants } from './mutants/page.ts'

const judgement = (name: string, file: string): Judgement => ({
  mutant: { name, rule: `Rule of ${name}.`, file, find: 'a | b', replace: 'c', tests: [] },
  end: 'killed',
  why: 'a test | of two',
  seconds: 1,
})

test('the table stands between its markers, and takes the place of the one before', () => {
  const page = 'before\n<!-- mutants -->\nold\n<!-- /mutants -->\nafter\n'
  const rows = [
    '| rule | taken away as | in | | by |',
    '|---|---|---|---|---|',
    '| Rule of one. | one | a.ts | killed | a test \\| of two |',
    '| Rule of two. | two | b.ts | killed | a test \\| of two |',
  ].join('\n')
  const written = withMutants(page, [judgement('two', 'b.ts'), judgement('one', 'a.ts')])
  assert.equal(written, `before\n<!-- mutants -->\n\n${rows}\n\n<!-- /mutants -->\nafter\n`)
})

test('a page without a place is refused', () => {
  assert.throws(() => withMutants('words', []), /no place for mutants/)
})
