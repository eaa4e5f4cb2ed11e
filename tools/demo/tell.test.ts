/** What the demonstration says: scenes are counted, broken promises too, and colours are for terminals only. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { createTeller } from './tell.ts'

function told(colours: boolean) {
  const lines: string[] = []
  const tell = createTeller(colours, (line) => lines.push(line))
  tell.scene('First.')
  tell.quote('words')
  tell.promise(true, 'kept', 'nothing')
  tell.scene('Second.')
  tell.promise(false, 'once', '2 came')
  return { lines, tell }
}

test('scenes have numbers, and a broken promise says what was found', () => {
  const { lines, tell } = told(false)
  assert.deepEqual(lines, ['\n1. First.', '     words', '   ✔ kept', '\n2. Second.', '   ✖ once: 2 came'])
  assert.equal(tell.broken, 1)
})

test('with colours the words are the same', () => {
  const { lines } = told(true)
  assert.ok(lines[2]?.includes('\u001b[32m'))
  assert.deepEqual(lines.map(stripVTControlCharacters), told(false).lines)
})
