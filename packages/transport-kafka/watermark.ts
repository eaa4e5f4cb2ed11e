/** How far a partition has ended without a gap: what may be committed. Pure. */

/** All records from the first of these offsets to the last. */
export type Range = readonly [first: number, last: number]

/** A commit is looked for no longer than this, and says no more than fits into it. */
const mostLooked = 20_000
const mostRanges = 400

export interface Watermark {
  /** A record was taken from the log; offsets come in order, and may leave out what the log has lost or hides. */
  add(offset: number): void
  /** The log has been read up to here. */
  reach(offset: number): void
  finish(offset: number): void
  /** The offset of the first record that has not ended, or how far the log has been read. */
  low(): number
  /** How many records have not ended. */
  size(): number
  /** What has ended beyond the first that has not, as far as it was looked for. */
  ended(): readonly Range[]
}

export function createWatermark(start: number): Watermark {
  const finished = new Set<number>()
  let added: number[] = []
  let first = 0
  let reached = start
  return {
    add: (offset) => void added.push(offset),
    reach(offset) {
      reached = offset
    },
    finish: (offset) => void finished.add(offset),
    low() {
      for (let offset = added[first]; offset !== undefined && finished.delete(offset); offset = added[first]) first += 1
      if (first > 1024 && first * 2 > added.length) {
        added = added.slice(first)
        first = 0
      }
      return added[first] ?? reached
    },
    size: () => added.length - first - finished.size,
    ended() {
      const ranges: [number, number][] = []
      if (finished.size === 0) return ranges
      let open: [number, number] | undefined
      for (let i = first; i < Math.min(added.length, first + mostLooked); i += 1) {
        const offset = added[i] ?? 0
        if (!finished.has(offset)) open = undefined
        else if (open) open[1] = offset
        else if (ranges.length === mostRanges) break
        else {
          open = [offset, offset]
          ranges.push(open)
        }
      }
      return ranges
    },
  }
}
