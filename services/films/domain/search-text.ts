/** The form in which titles are kept for the search and queries are read, the same for every database: words of letters and digits. */

/** What stands inside a word, and is left out as often as not: `Schindler's`, `ВАЛЛ·И`. */
const joints = /['’ʼ`·•]/g
const hyphens = /[-‐‑–]/g

/** The words of a query, or of a title in its order: small letters without accents, `е` for `ё`. Anything else divides words. */
export function searchWords(text: string): readonly string[] {
  return wordsOf(text.replace(joints, ''))
}

/** The words of a text in one line: two texts that are spelled alike have the same. */
export function searchKey(text: string): string {
  return searchWords(text).join(' ')
}

/** All words under which titles are found: those with joints and hyphens as one word, and as several. */
export function indexWords(titles: readonly string[]): readonly string[] {
  const spellings = titles.flatMap((title) => [
    title,
    title.replace(joints, ' '),
    title.replace(joints, '').replace(hyphens, ''),
  ])
  return [...new Set(spellings.flatMap(searchWords))]
}

function wordsOf(text: string): readonly string[] {
  // A fraction or a power is a word of its own: 8½ is found by 8 and by 8½. A sign such as № is none.
  return plain(text.replace(/\p{No}/gu, ' $&').replace(/\p{So}/gu, ' ')).match(/[\p{L}\p{N}]+/gu) ?? []
}

function plain(text: string): string {
  const apart = text.normalize('NFKD').toLowerCase()
  // й is a letter of its own, not an accented и; ё loses its dots.
  return apart
    .replaceAll('и\u0306', 'й')
    .replace(/\p{M}/gu, '')
    .replace(/[ßøłæœ]/g, (letter) => letters[letter] ?? letter)
}

/** Letters that Unicode takes for ones of their own. */
const letters: Readonly<Record<string, string>> = { ß: 'ss', ø: 'o', ł: 'l', æ: 'ae', œ: 'oe' }
