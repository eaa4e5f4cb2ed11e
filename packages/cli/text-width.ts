/** How many columns of a terminal a text takes, and cutting it to fit. */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const plain = /^[\x20-\x7e]*$/
const nothing = /^[\p{Mark}\p{Cf}]+$/u
const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u

/** Combining marks take no column, East Asian letters and emoji take two. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length
  return Array.from(graphemes.segment(text)).reduce((sum, { segment }) => sum + widthOfOne(segment), 0)
}

/** The text if it fits, else as much of it as fits before a `…`. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let left = width - 1
  let kept = ''
  for (const { segment } of graphemes.segment(text)) {
    left -= widthOfOne(segment)
    if (left < 0) break
    kept += segment
  }
  return width < 1 ? '' : `${kept.trimEnd()}…`
}

function widthOfOne(grapheme: string): number {
  if (nothing.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}

/** The text in lines that fit: broken at spaces where there are any, else anywhere. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = piecesOf(word, width)
    line = pieces.pop() ?? ''
    lines.push(...pieces)
  }
  return [...lines, line]
}

function piecesOf(word: string, width: number): string[] {
  const pieces = ['']
  let left = width
  for (const { segment } of graphemes.segment(word)) {
    left -= widthOfOne(segment)
    if (left < 0) {
      pieces.push('')
      left = width - widthOfOne(segment)
    }
    pieces[pieces.length - 1] += segment
  }
  return pieces
}
