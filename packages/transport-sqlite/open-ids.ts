/** The unfinished ids of a shard as one small blob: deltas from `low` with a flag, as varints. */

/** An unfinished id, and whether it may have been handed out. */
export interface OpenId {
  readonly id: number
  readonly handedOut: boolean
}

/** Ids must rise and lie above `low`. */
export function encodeOpenIds(low: number, ids: Iterable<OpenId>): Uint8Array {
  const bytes: number[] = []
  let last = low
  for (const { id, handedOut } of ids) {
    let rest = (id - last) * 2 + (handedOut ? 1 : 0)
    // Division, not shifts: a delta may be larger than 31 bits.
    while (rest >= 128) {
      bytes.push((rest % 128) + 128)
      rest = Math.floor(rest / 128)
    }
    bytes.push(rest)
    last = id
  }
  return Uint8Array.from(bytes)
}

export function decodeOpenIds(low: number, blob: Uint8Array): OpenId[] {
  const ids: OpenId[] = []
  let last = low
  let value = 0
  let scale = 1
  for (const byte of blob) {
    value += (byte & 127) * scale
    scale *= 128
    if (byte >= 128) continue
    last += Math.floor(value / 2)
    ids.push({ id: last, handedOut: value % 2 === 1 })
    value = 0
    scale = 1
  }
  return ids
}
