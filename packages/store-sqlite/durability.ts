/** The asynchronous sync of the write-ahead log: one in flight at a time, each covering all commits before its start. */

export interface Durability {
  /** Our own connection committed something. */
  committed(): void
  /** Calls back when all that was committed before this call, here or by another process, is durable; or with why it is not known. */
  whenDurable(then: (error?: Error) => void): void
}

/**
 * @param syncLog syncs the write-ahead log, off this thread
 * @param foreign a number that changes with every commit by another connection
 * @param broken called once, when a sync failed: nothing can be known any more
 */
export function syncs(
  syncLog: (done: (error?: Error | null) => void) => void,
  foreign: () => number,
  broken: (error: Error) => void,
): Durability {
  let committed = 0
  let synced = 0
  let syncedForeign = -1
  let inFlight = false
  let failure: Error | undefined
  let waiting: ((error?: Error) => void)[] = []

  function sync(): void {
    inFlight = true
    const covered = waiting
    const [ours, theirs] = [committed, foreign()]
    waiting = []
    syncLog((error) => {
      inFlight = false
      if (error) return fail(error, covered)
      synced = ours
      syncedForeign = theirs
      if (waiting.length > 0) sync()
      for (const then of covered) then()
    })
  }

  function fail(error: Error, covered: ((error?: Error) => void)[]): void {
    failure = error
    broken(error)
    for (const then of [...covered, ...waiting.splice(0)]) then(error)
  }

  return {
    committed: () => {
      committed += 1
    },
    whenDurable(then) {
      if (failure) return then(failure)
      if (synced === committed && syncedForeign === foreign()) return then()
      waiting.push(then)
      if (!inFlight) sync()
    },
  }
}

/** For a database in memory: nothing survives, so nothing is waited for. */
export const noDurability: Durability = { committed() {}, whenDurable: (then) => then() }
