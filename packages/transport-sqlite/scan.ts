/** Which stretch of the log to read next: shards stand at different places after they changed hands. */

export interface Stretch {
  /** Bit n: shard n is read. */
  readonly mask: number
  /** Ids above this one … */
  readonly from: number
  /** … up to this one. */
  readonly to: number
}

/** At most how many rows one read walks over, its own or not. */
export const scanRows = 20_000

/**
 * The next stretch, or undefined when all shards stand at the end. Shards that stand at the same place are read
 * together, up to where the next ones stand. Turns alternate between the rearmost and the foremost, so that a shard
 * that lags far behind does not hold up the others.
 */
export function nextStretch(
  shards: Iterable<{ readonly no: number; readonly pos: number }>,
  last: number,
  turn: number,
): Stretch | undefined {
  const behind = [...shards].filter((shard) => shard.pos < last)
  if (behind.length === 0) return undefined
  const places = behind.map((shard) => shard.pos)
  const from = turn % 2 === 0 ? Math.min(...places) : Math.max(...places)
  const next = Math.min(last, ...places.filter((place) => place > from))
  const mask = behind.reduce((bits, shard) => (shard.pos === from ? bits | (1 << shard.no) : bits), 0)
  return { mask, from, to: Math.min(next, from + scanRows) }
}
