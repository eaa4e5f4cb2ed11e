/** Chance that is the same on every machine for the same seed. */

export interface Chance {
  /** From `from` up to, and without, `to`. */
  between(from: number, to: number): number
  /** @throws RangeError when there is nothing to pick from */
  pick<Item>(items: readonly Item[]): Item
  /** The more weight, the more often. */
  pickWeighted<Item extends { readonly weight: number }>(items: readonly Item[]): Item
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0

  /** Mulberry32: 32 bits of state are enough to draw some hundreds of faults. */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  function pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(next() * items.length)]
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }

  return {
    between: (from, to) => from + next() * (to - from),
    pick,
    pickWeighted(items) {
      let left = next() * items.reduce((sum, { weight }) => sum + weight, 0)
      for (const item of items) {
        left -= item.weight
        if (left < 0) return item
      }
      return pick(items)
    },
  }
}
