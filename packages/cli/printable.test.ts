/** What comes from messages must not drive the terminal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { printable, printableJson, printableLines } from './printable.ts'
import { anyText } from './test/any-text.ts'

const driving = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/u

test('controls, separators and marks of direction are written out', () => {
  assert.equal(printable('a\x1b[31mb\r\n\tc\x07\x7f\x9b'), 'a\\x1b[31mb\\r\\n\\tc\\x07\\x7f\\x9b')
  assert.equal(printable('txt\u202egpj.exe \u2066x\u2028'), 'txt\\u202egpj.exe \\u2066x\\u2028')
})

test('a lone surrogate is written out, a pair is a letter', () => {
  assert.equal(printable('\ud800 😀'), '\\ud800 😀')
})

test('what people write stays as it is', () => {
  const text = 'Ваш одноразовый код: 123456, naïve café, 東京, 👩‍👩‍👧 C:\\new'
  assert.equal(printable(text), text)
})

test('line breaks stay where lines are asked for', () => {
  assert.equal(printableLines('one\r\ntwo\x1b\nthree'), 'one\ntwo\\x1b\nthree')
})

test('no text leaves a character that a terminal obeys', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.doesNotMatch(printable(text), driving)
      assert.doesNotMatch(printableLines(text).replaceAll('\n', ''), driving)
    }),
  )
})

test('a JSON text says the same after it was made printable', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = printableJson(JSON.stringify(value, null, 2))
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(value)))
      assert.doesNotMatch(json.replaceAll('\n', ''), driving)
    }),
  )
  assert.equal(printableJson(JSON.stringify({ a: '\x9b\x7f\u202e' })), '{"a":"\\u009b\\u007f\\u202e"}')
})
