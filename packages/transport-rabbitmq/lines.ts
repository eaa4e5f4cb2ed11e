/** Lines of keys: of each only the first may be under way. Pure. */

export interface Lines<Entry> {
  /** Whether it is the first of its place, and may go at once. */
  join(place: string, entry: Entry): boolean
  /** The first one has ended. Answers the one behind it. */
  next(place: string): Entry | undefined
  /** Takes those out that wait and fit. */
  drop(place: string, fits: (entry: Entry) => boolean): readonly Entry[]
}

/** Most lines have nobody behind the first. */
const nobody: never[] = []

export function createLines<Entry>(): Lines<Entry> {
  /** Who waits, by place. A place of which nothing is under way is not there. */
  const lines = new Map<string, Entry[]>()
  return {
    join(place, entry) {
      const waiting = lines.get(place)
      if (waiting === undefined) lines.set(place, nobody)
      else if (waiting === nobody) lines.set(place, [entry])
      else waiting.push(entry)
      return waiting === undefined
    },
    next(place) {
      const following = lines.get(place)?.shift()
      if (following === undefined) lines.delete(place)
      return following
    },
    drop(place, fits) {
      const waiting = lines.get(place) ?? nobody
      const dropped = waiting.filter(fits)
      if (dropped.length > 0)
        lines.set(
          place,
          waiting.filter((entry) => !fits(entry)),
        )
      return dropped
    },
  }
}
