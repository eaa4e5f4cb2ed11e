/** An answer that is believed when it was the same for a while: a broker may be behind the others. Pure. */

export interface Belief {
  /** Whether it is believed, now that a broker has said so or otherwise. */
  after(isSaid: boolean): boolean
}

/** A broker knows of a topic that was just made a moment later than another one. */
const believeMs = 1500
/** What nobody has said for so long counts for nothing. */
const forgetMs = 10_000

/** Times are milliseconds. */
export function createBelief(now: () => number = () => performance.now()): Belief {
  let since: number | undefined
  let saidAt = 0
  return {
    after(isSaid) {
      const at = now()
      if (!isSaid) since = undefined
      else if (since === undefined || at - saidAt > forgetMs) since = at
      saidAt = at
      return since !== undefined && at - since >= believeMs
    },
  }
}
