/** Notices that this process stood still: stopped by a signal, or busy with something else for too long. */

export interface Stalls {
  /** Whether it stood still since the last question. */
  hasStalled(): boolean
  close(): void
}

export function watchStalls(limitMs: number): Stalls {
  let last = performance.now()
  let stalled = false
  const look = () => {
    const now = performance.now()
    if (now - last > limitMs) stalled = true
    last = now
  }
  const timer = setInterval(look, limitMs / 4)
  timer.unref()
  return {
    hasStalled() {
      // A timer that is late would come too late.
      look()
      const was = stalled
      stalled = false
      return was
    },
    close: () => clearInterval(timer),
  }
}
