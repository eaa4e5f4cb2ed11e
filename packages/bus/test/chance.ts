/** Chance from a seed: the same seed takes the same course. */
export interface Chance {
  /** From 0, below 1. */
  next(): number
  /** Whether something of this likelihood happens. */
  happens(likelihood: number): boolean
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number
  pick<Value>(values: readonly [Value, ...Value[]]): Value
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0 || 1
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    whole,
    happens: (likelihood) => next() < likelihood,
    pick: (values) => values[whole(0, values.length - 1)] ?? values[0],
  }
}
