/** Texts of records: nearly all of them are short, ASCII, and the same as in the record before. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Longer ones are decoded as they are. */
const shortBytes = 128

/** Undefined for what is not UTF-8. */
export function textOf(bytes: Buffer, from = 0, to: number = bytes.length): string | undefined {
  if (to - from <= shortBytes && isAscii(bytes, from, to)) return bytes.toString('latin1', from, to)
  try {
    return decoder.decode(bytes.subarray(from, to))
  } catch {
    return undefined
  }
}

function isAscii(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if ((bytes[at] ?? 0) > 0x7f) return false
  return true
}

/** As `textOf`; what it has read before it mostly finds again, without making a string of it. */
export type ReadRecurring = (bytes: Buffer, from: number, to: number) => string | undefined

const places = 256

/** For texts of which there are few. */
export function recurringTexts(): ReadRecurring {
  const known: ({ readonly bytes: Buffer; readonly text: string } | undefined)[] = new Array(places)
  return (bytes, from, to) => {
    const place = placeOf(bytes, from, to)
    const found = known[place]
    if (found !== undefined && isSame(found.bytes, bytes, from, to)) return found.text
    const text = textOf(bytes, from, to)
    if (text !== undefined && to - from <= shortBytes)
      known[place] = { bytes: Buffer.from(bytes.subarray(from, to)), text }
    return text
  }
}

function placeOf(bytes: Buffer, from: number, to: number): number {
  const middle = bytes[(from + to) >> 1] ?? 0
  return ((to - from) * 31 + (bytes[from] ?? 0) * 7 + middle * 13 + (bytes[to - 1] ?? 0)) % places
}

function isSame(known: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (known.length !== to - from) return false
  for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[from + i]) return false
  return true
}
