/** Texts of records, whatever bytes they are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recurringTexts, textOf } from './texts.ts'

const texts = ['', 'ce_id', '\u007f', 'ключ', 'k 🔑', '\ufeffx', 'x'.repeat(1000), 'ё'.repeat(1000)]

test('every text is read as it was written, also out of the middle', () => {
  for (const text of texts) {
    const bytes = Buffer.from(text)
    assert.equal(textOf(bytes), text)
    assert.equal(textOf(Buffer.concat([Buffer.from([0xff]), bytes, Buffer.from([0xff])]), 1, 1 + bytes.length), text)
  }
  for (const bytes of [[0xff], [0x61, 0xc3], [0xed, 0xa0, 0x80]]) assert.equal(textOf(Buffer.from(bytes)), undefined)
})

test('texts that look alike are told apart, each time that they come', () => {
  const read = recurringTexts()
  const alike = Array.from({ length: 2000 }, (_, i) => `a${i}a${2000 - i}z`)
  for (let round = 0; round < 2; round += 1) {
    for (const text of [...alike, ...texts]) {
      const bytes = Buffer.from(text)
      assert.equal(read(bytes, 0, bytes.length), text)
      // What it was read from is another's by then.
      bytes.fill(0x21)
    }
  }
  assert.equal(read(Buffer.from([0xff]), 0, 1), undefined)
})
