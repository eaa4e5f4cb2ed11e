import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexable, isShort, longestKey, storable } from './texts.ts'

test('what an index can hold stays as it is', () => {
  for (const text of ['', 'a', 'ключ', '😀', 'k'.repeat(longestKey), 'é'.repeat(longestKey / 2)]) {
    assert.equal(indexable(text), text)
    assert.equal(storable(text), text)
  }
})

test('what is too long or no storable text has a short name, the same for the same text', () => {
  const texts = ['k'.repeat(longestKey + 1), 'é'.repeat(longestKey / 2 + 1), '\0', 'a\0b', '\ud800', 'a\udc00']
  const names = texts.map(indexable)
  assert.deepEqual(names, texts.map(indexable))
  assert.equal(new Set(names).size, texts.length)
  for (const name of names) assert.match(name, /^sha256:[0-9a-f]{64}$/)
})

test('a text loses nothing but what no database holds', () => {
  assert.equal(storable('a\0b\ud83dc😀'), 'a\ufffdb\ufffdc😀')
  assert.equal(isShort('é'.repeat(longestKey / 2)), true)
  assert.equal(isShort('é'.repeat(longestKey / 2 + 1)), false)
})
