/** Which tags of a channel to acknowledge: many with one frame up to the first that still runs, the others singly. Pure. */

export interface Acks {
  finish(tag: number): void
  /** What is to be acknowledged now: everything up to `through`, and these besides. */
  take(): { readonly through: number | undefined; readonly singles: readonly number[] }
}

/** Tags count up from 1. */
export function createAcks(): Acks {
  const finished = new Set<number>()
  const acked = new Set<number>()
  let next = 1
  return {
    finish: (tag) => void finished.add(tag),
    take() {
      let through: number | undefined
      for (; finished.has(next) || acked.has(next); next += 1) {
        if (finished.delete(next)) through = next
        else acked.delete(next)
      }
      const singles = [...finished]
      for (const tag of singles) acked.add(tag)
      finished.clear()
      return { through, singles }
    },
  }
}
