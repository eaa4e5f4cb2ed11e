/** Text from messages, made safe to print: what a peer wrote must not drive the terminal, nor pretend to be ours. */

/** Controls (C0, DEL, C1), line and paragraph separators, marks that turn the direction of text, lone surrogates. */
const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu

/** One line that holds no character which a terminal obeys: each is written out, such as `\n`, `\x1b` or `\u202e`. */
export function printable(text: string): string {
  return text.replace(unsafe, escaped)
}

/** The same, but line breaks stay. */
export function printableLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => printable(line))
    .join('\n')
}

/** A JSON text without such characters: they stand in strings only, where JSON has escapes for them. */
export function printableJson(json: string): string {
  return json.replace(unsafe, (character) => (character === '\n' ? character : unicode(character)))
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  return short[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicode(character))
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
