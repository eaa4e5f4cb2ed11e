/**
 * How many handlers of one transaction may be under way at once. Whoever sends its statements and then only waits for the
 * answers is not waited for by the next one; when handlers come back for more, each waits for the one before it.
 */

export interface Ahead {
  /** At least 1. */
  most(): number
  /** A transaction's handlers have ended. */
  ended(handlers: number, tookMs: number): void
  /** A handler came back for a statement, or nothing of its transaction was written. */
  stop(): void
}

/** So many handlers in a row must not have come back. */
const calmAfter = 50

/** `longestMs`: what all that are under way should take together. */
export function createAhead(longestMs: number): Ahead {
  let calm = 0
  let eachMs = longestMs
  return {
    most: () => (calm < calmAfter ? 1 : Math.max(1, Math.floor(longestMs / eachMs))),
    ended(handlers, tookMs) {
      if (handlers === 0) return
      calm += handlers
      eachMs = Math.max(0.01, tookMs / handlers)
    },
    stop() {
      calm = 0
    },
  }
}
