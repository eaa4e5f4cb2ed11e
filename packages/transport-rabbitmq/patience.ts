/** Whether the oldest of what was sent has been the oldest for too long. Pure. */

export interface Patience {
  /** Asked again and again, with a clock in ms that never goes back; `since` says when it was sent. */
  isOver(oldest: { readonly since: number } | undefined, now: number): boolean
}

/**
 * On a slow link a message may wait for long behind others: as long as these are confirmed one after the other, all is
 * well. One that stays behind while later ones are confirmed has its time too.
 */
export function createPatience(limitMs: number): Patience {
  let watched: object | undefined
  let from = 0
  let lookedAt = Number.NEGATIVE_INFINITY
  return {
    isOver(oldest, now) {
      if (oldest !== watched) {
        watched = oldest
        from = oldest && oldest.since > lookedAt ? oldest.since : now
      }
      lookedAt = now
      return oldest !== undefined && now - from > limitMs
    },
  }
}
