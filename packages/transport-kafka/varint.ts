/** Lengths and differences as the records of a batch have them: small ones take few bytes. Pure. */

/** Writes what is not negative; answers where the next byte goes. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value * 2
  let next = at
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) {
    into[next] = (rest & 0x7f) | 0x80
    next += 1
  }
  into[next] = rest
  return next + 1
}

/** How many bytes it takes. */
export function sizeOfVarint(value: number): number {
  let size = 1
  for (let rest = value * 2; rest > 0x7f; rest = Math.floor(rest / 128)) size += 1
  return size
}

/** "There is none", where a length is expected. */
export function writeNone(into: Uint8Array, at: number): number {
  into[at] = 1
  return at + 1
}
