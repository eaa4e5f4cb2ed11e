/** The asynchronous sync of the write-ahead log: each covers all commits before its start, and two may be in flight. */

export interface Durability {
  /** Our own connection committed something. */
  committed(): void
  /** Calls back when all that was committed before this call, here or by another process, is durable; or with why it is not known. */
  whenDurable(then: (error?: Error) => void): void
}

/** Syncs the write-ahead log, off this thread. It is not asked for again before it is done. */
export type SyncLog = (done: (error?: Error | null) => void) => void

/** What a sync covers, and who waits for it. */
interface Sync {
  readonly ours: number
  readonly theirs: number
  readonly waiting: readonly ((error?: Error) => void)[]
}

/**
 * @param lanes as many syncs may be in flight, each on a file descriptor of its own: the system tells a failure once to each
 * @param foreign a number that changes with every commit by another connection
 * @param broken called once, when a sync failed: nothing can be known any more
 */
export function syncs(lanes: readonly SyncLog[], foreign: () => number, broken: (error: Error) => void): Durability {
  const free = [...lanes]
  const inFlight: Sync[] = []
  let committed = 0
  let synced = 0
  let syncedForeign = -1
  let failure: Error | undefined
  let waiting: ((error?: Error) => void)[] = []

  function begin(): void {
    if (waiting.length === 0) return
    const lane = free.pop()
    if (!lane) return
    const sync: Sync = { ours: committed, theirs: foreign(), waiting }
    waiting = []
    inFlight.push(sync)
    lane((error) => {
      free.push(lane)
      if (error) fail(error)
      else end(sync)
    })
  }

  /** It covers all that those before it would have covered. */
  function end(sync: Sync): void {
    const ended = inFlight.splice(0, inFlight.indexOf(sync) + 1)
    if (ended.length > 0) {
      synced = sync.ours
      syncedForeign = sync.theirs
    }
    begin()
    for (const { waiting: covered } of ended) for (const then of covered) then()
  }

  function fail(error: Error): void {
    if (failure === undefined) broken(error)
    failure = error
    const waited = [...inFlight.splice(0).flatMap((sync) => sync.waiting), ...waiting.splice(0)]
    for (const then of waited) then(error)
  }

  return {
    committed: () => {
      committed += 1
    },
    whenDurable(then) {
      if (failure) return then(failure)
      if (synced === committed && syncedForeign === foreign()) return then()
      waiting.push(then)
      begin()
    },
  }
}

/** For a database in memory: nothing survives, so nothing is waited for. */
export const noDurability: Durability = { committed() {}, whenDurable: (then) => then() }
