/** Lets the planned faults befall their targets, and ends all of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, faults } from './faults.ts'
import type { Planned } from './plan.ts'
import type { Targets } from './targets.ts'

export interface Struck extends Planned {
  /** Milliseconds since 1970. */
  readonly beganAt: number
  readonly endedAt: number
}

export interface Strike {
  /** Those that have ended so far. */
  readonly struck: readonly Struck[]
  /** Faults that are on now. */
  now(): readonly string[]
  /** How many did not begin in time, as their target had not come back from the one before. */
  leftUndone(): number
  /** Resolves when all have ended. Rejects when a target does not come back. */
  readonly done: Promise<void>
}

/** One whose target is still busy with the one before waits for it. After the time, or the signal, no other begins. */
export function strike(plan: readonly Planned[], targets: Targets, lastsMs: number, stop: AbortSignal): Strike {
  const struck: Struck[] = []
  const now = new Set<string>()
  const busy = new Map<string, Promise<unknown>>()
  const startedAt = performance.now()
  const over = AbortSignal.any([stop, AbortSignal.timeout(lastsMs)])
  let undone = 0

  async function run(): Promise<void> {
    const all: Promise<number>[] = []
    for (const planned of plan) {
      await sleep(Math.max(0, startedAt + planned.atMs - performance.now()), undefined, { signal: stop }).catch(
        () => {},
      )
      const fault = faults.find(({ name }) => name === planned.fault)
      if (fault === undefined) continue
      const place = `${fault.of} ${planned.target}`
      const ended = (busy.get(place) ?? Promise.resolve()).then(() => befall(fault, planned))
      // On a busy machine starts take long: what was started lives for longer than that, or nothing would ever be done.
      busy.set(
        place,
        ended.then((tookMs) => sleep(2 * tookMs, undefined, { signal: over }).catch(() => {})),
      )
      all.push(ended)
    }
    await Promise.all(all)
  }

  /** Answers how long its end took, in milliseconds. */
  async function befall(fault: Fault, planned: Planned): Promise<number> {
    if (over.aborted) {
      undone += 1
      return 0
    }
    const name = `${planned.fault}: ${planned.target}`
    now.add(name)
    const beganAt = Date.now()
    await fault.begin(targets, planned.target, planned.drawn)
    await sleep(planned.lastsMs, undefined, { signal: stop }).catch(() => {})
    const endedAt = Date.now()
    await fault.end(targets, planned.target)
    now.delete(name)
    struck.push({ ...planned, beganAt, endedAt })
    return Date.now() - endedAt
  }

  return { struck, now: () => [...now], leftUndone: () => undone, done: run() }
}
