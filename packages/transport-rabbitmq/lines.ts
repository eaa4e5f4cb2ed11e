/** Lines of keys: of each only the first may be under way. Pure. */

export interface Lines<Entry> {
  of(place: string): Line<Entry>
}

export interface Line<Entry> {
  /** Whether it is first, and may go at once. */
  join(entry: Entry): boolean
  /** The first one has ended. Answers the one behind it. */
  next(): Entry | undefined
  /** Takes those out that wait and fit. */
  drop(fits: (entry: Entry) => boolean): readonly Entry[]
}

export function createLines<Entry>(): Lines<Entry> {
  const lines = new Map<string, Line<Entry>>()
  return {
    of(place) {
      const known = lines.get(place)
      if (known) return known
      const made = createLine<Entry>(() => lines.delete(place))
      lines.set(place, made)
      return made
    },
  }
}

/** Most lines have nobody behind the first. */
const nobody: never[] = []

function createLine<Entry>(emptied: () => void): Line<Entry> {
  let isBusy = false
  let waiting: Entry[] = nobody
  return {
    join(entry) {
      if (!isBusy) {
        isBusy = true
        return true
      }
      if (waiting === nobody) waiting = []
      waiting.push(entry)
      return false
    },
    next() {
      const following = waiting.shift()
      if (following !== undefined) return following
      isBusy = false
      emptied()
      return undefined
    },
    drop(fits) {
      const dropped = waiting.filter(fits)
      if (dropped.length > 0) waiting = waiting.filter((entry) => !fits(entry))
      return dropped
    },
  }
}
