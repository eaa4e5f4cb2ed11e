/** A bell: a loop waits for it or for a time; a ring while nobody waits is kept. */
import type { Ports } from './ports.ts'

export interface Bell {
  ring(): void
  /** Resolves at a ring, at once when it rang since the last wait, or after the time. */
  wait(ms: number): Promise<void>
}

export function createBell(ports: Ports): Bell {
  let rung = false
  let waiting: AbortController | undefined
  return {
    ring() {
      rung = true
      waiting?.abort()
    },
    async wait(ms) {
      if (!rung && ms > 0) {
        waiting = new AbortController()
        await ports.sleep(ms, waiting.signal)
        waiting = undefined
      }
      rung = false
    },
  }
}
