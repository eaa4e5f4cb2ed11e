/** Starts work at a steady rate that does not wait for the work: what is late because of others is counted as slow. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Pace {
  readonly perSecond: number
  readonly seconds: number
  /** The most that run at once. */
  readonly atOnce: number
  /** What is not started so long after the end is given up. */
  readonly patienceMs: number
}

export interface Outcome {
  readonly started: number
  /** Came due, and never had its turn. */
  readonly givenUp: number
}

/**
 * Calls `work` with 0, 1, 2 … and the moment at which each was due (as `performance.now()`), and resolves when all have
 * ended. `work` must not reject.
 */
export async function openLoop(
  { perSecond, seconds, atOnce, patienceMs }: Pace,
  work: (n: number, dueAt: number) => Promise<void>,
): Promise<Outcome> {
  const count = Math.max(1, Math.round(perSecond * seconds))
  const startedAt = performance.now()
  const end = startedAt + seconds * 1000 + patienceMs
  const running = new Set<Promise<void>>()
  let next = 0
  while (next < count && performance.now() < end) {
    const dueAt = startedAt + (next / perSecond) * 1000
    const early = dueAt - performance.now()
    if (early > 0) await sleep(early)
    else if (running.size >= atOnce) {
      // Once all have ended nobody waits for it any more, and neither may the process.
      await Promise.race([...running, sleep(end - performance.now(), undefined, { ref: false })])
    } else {
      const one = work(next, dueAt)
      running.add(one)
      void one.finally(() => running.delete(one))
      next += 1
    }
  }
  await Promise.all(running)
  return { started: next, givenUp: count - next }
}
