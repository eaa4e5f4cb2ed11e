/** A clock that stands still until a test moves it. */
import type { Ports } from '@vestnik/bus'

export interface TestClock extends Pick<Ports, 'now' | 'sleep'> {
  /** Moves on by so many milliseconds: whoever sleeps until then wakes at its own time, in order, and is let run. */
  advance(ms: number): Promise<void>
  /** Moves to the next time at which somebody wakes; false when nobody sleeps. */
  next(): Promise<boolean>
}

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** Starts at `start` (milliseconds since 1970). `busy` says whether work is still under way that needs no time. */
export function testClock(start: number = Date.UTC(2026, 0, 1), busy: () => boolean = () => false): TestClock {
  let time = start
  const sleepers = new Set<Sleeper>()

  return {
    now: () => time,

    sleep(ms, signal) {
      return new Promise((resolve) => {
        const wake = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper = { at: time + Math.max(0, ms), wake }
        if (signal?.aborted) return resolve()
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake)
      })
    },

    async advance(ms) {
      const end = time + ms
      await letRun()
      for (let first = earliest(); first && first.at <= end; first = earliest()) await moveTo(first)
      time = end
      await letRun()
    },

    async next() {
      await letRun()
      const first = earliest()
      if (first) await moveTo(first)
      return first !== undefined
    },
  }

  function earliest(): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) if (!first || sleeper.at < first.at) first = sleeper
    return first
  }

  async function moveTo(sleeper: Sleeper): Promise<void> {
    time = Math.max(time, sleeper.at)
    sleeper.wake()
    await letRun()
  }

  /** Turns of the event loop until what woke has come to its next wait. */
  async function letRun(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = busy() ? 0 : quiet + 1) await new Promise((resolve) => setImmediate(resolve))
  }
}
