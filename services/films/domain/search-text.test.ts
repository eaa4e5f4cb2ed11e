/** The words of titles and queries. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexWords, searchKey, searchWords } from './search-text.ts'

const cases: readonly (readonly [text: string, key: string])[] = [
  ['Ёжик в тумане', 'ежик в тумане'],
  ['ЕЖИК  В\tТУМАНЕ', 'ежик в тумане'],
  ['Е\u0308жик', 'ежик'],
  ['Йод и йога', 'йод и йога'],
  ['И\u0306од', 'йод'],
  ['Броненосец «Потёмкин»', 'броненосец потемкин'],
  ["Schindler's List", 'schindlers list'],
  ['Schindler’s List', 'schindlers list'],
  ['Amélie Poulain', 'amelie poulain'],
  ['Straße, Łódź, Æon, Ønske', 'strasse lodz aeon onske'],
  ['ＦＵＬＬ ｗｉｄｔｈ', 'full width'],
  ['8½', '8 1 2'],
  ['8 1/2', '8 1 2'],
  ['1+1', '1 1'],
  ['Легенда №17', 'легенда 17'],
  ['七人の侍', '七人の侍'],
  ['기생충'.normalize('NFC'), '기생충'.normalize('NFKD')],
  ['title:x NEAR(a b) "c" d* -e ^f', 'title x near a b c d e f'],
  ['🦔 *** "" --', ''],
  ['', ''],
]

for (const [text, key] of cases) {
  test(`${JSON.stringify(text)} has the words ${JSON.stringify(key)}`, () => assert.equal(searchKey(text), key))
}

test('a word with a joint or a hyphen is found as one word and as several', () => {
  const words = indexWords(["L'avventura", 'ВАЛЛ·И', 'Spider-Man'])
  for (const word of ['lavventura', 'avventura', 'валли', 'валл', 'spiderman', 'spider', 'man']) {
    assert.ok(words.includes(word), word)
  }
  assert.equal(new Set(words).size, words.length)
})

test('every word is one that a search can do nothing with but find', () => {
  let all = ''
  for (let code = 0; code < 0x3000; code += 1) all += String.fromCodePoint(code)
  for (const word of searchWords(all)) assert.match(word, /^[\p{L}\p{N}]+$/u)
})
