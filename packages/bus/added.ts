/** Whether this bus has just written to the outbox: then the next commit may be the one of its message. */

export interface Added {
  note(): void
  lately(): boolean
}

/** Longer than a work may take, and its commit. */
const lastsMs = 3_000

export function createAdded(now: () => number): Added {
  let at = Number.NEGATIVE_INFINITY
  return {
    note() {
      at = now()
    },
    lately: () => now() - at < lastsMs,
  }
}
