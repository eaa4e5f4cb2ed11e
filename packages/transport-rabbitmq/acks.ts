/** Which tags of a channel to acknowledge: many with one frame up to the first that still runs, the others singly. Pure. */

export interface Acks {
  finish(tag: number): void
  /** What is to be acknowledged now: everything up to `through`, and these besides. */
  take(): { readonly through: number | undefined; readonly singles: readonly number[] }
}

/** Tags count up from 1. */
export function createAcks(): Acks {
  /** Beyond the first that still runs. */
  const finished = new Set<number>()
  const acked = new Set<number>()
  let next = 1
  let through: number | undefined

  return {
    finish(tag) {
      // Most end in their order.
      if (tag === next) through = next++
      else finished.add(tag)
    },
    take() {
      for (; finished.has(next) || acked.has(next); next += 1) {
        if (finished.delete(next)) through = next
        else acked.delete(next)
      }
      const singles = [...finished]
      for (const tag of singles) acked.add(tag)
      finished.clear()
      const taken = { through, singles }
      through = undefined
      return taken
    },
  }
}
