/** Bounds how many works run at once; the others wait in the order in which they came. */

export interface Turns {
  /** Runs the work when its turn comes, and rejects at once when too many wait already. */
  take<Result>(work: () => Promise<Result>): Promise<Result>
}

export interface TurnsOptions {
  readonly atOnce: number
  readonly waiting: number
  /** Makes the error for those who come too many. */
  readonly refuse: () => Error
}

export function createTurns({ atOnce, waiting, refuse }: TurnsOptions): Turns {
  const line: (() => void)[] = []
  let running = 0

  async function turn(): Promise<void> {
    if (running < atOnce) {
      running += 1
      return
    }
    if (line.length >= waiting) throw refuse()
    // Who leaves hands its place over, so `running` stays as it is.
    await new Promise<void>((resolve) => line.push(resolve))
  }

  function leave(): void {
    const next = line.shift()
    if (next) next()
    else running -= 1
  }

  return {
    async take(work) {
      await turn()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
