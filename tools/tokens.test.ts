import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importsOf, tokensOf } from './tokens.ts'

const words = (source: string) => tokensOf(source).flatMap(({ kind, text }) => (kind === 'word' ? [text] : []))

test('words in comments, strings, templates and patterns are not words of the program', () => {
  assert.deepEqual(words('a // Date\n/* Date */ "Date" `Date`; /Date"/.x'), ['a', 'x'])
})

test('words in the holes of a template are', () => {
  assert.deepEqual(words(`\`\${{ a: \`\${Date}\` }} Time \${b}\``), ['a', 'Date', 'b'])
})

test('a slash after a value divides', () => {
  assert.deepEqual(words('a / Date / (b) / c'), ['a', 'Date', 'b', 'c'])
})

test('every way to name a module is found, with its line and kind', () => {
  const source = `import type { A } from './a'
import { type B, c } from './b'
import './c'
export * from './d'
const e = await import('./e')
new Worker(new URL('./f', import.meta.url))
readFileSync(new URL('g', import.meta.url))
Buffer.from('./no')
new URL('./no', base)`
  const found = importsOf(tokensOf(source)).map(({ from, line, kind }) => `${line} ${from} ${kind}`)
  assert.deepEqual(found, [
    '1 ./a type',
    '2 ./b value',
    '3 ./c value',
    '4 ./d value',
    '5 ./e value',
    '6 ./f file',
    '7 ./g file',
  ])
})
