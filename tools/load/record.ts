/** What was measured: how long each step took, and what failed, by kind. */
import { percentile } from '../stats.ts'

export interface Step {
  readonly name: string
  readonly count: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** How often each kind of failure came. */
  readonly errors: Readonly<Record<string, number>>
}

export interface Measured {
  succeeded(step: string, ms: number): void
  failed(step: string, kind: string): void
  /** All that came so far. */
  steps(seconds: number): readonly Step[]
  counts(): { readonly succeeded: number; readonly failed: number }
}

export function openRecord(): Measured {
  const times = new Map<string, number[]>()
  const errors = new Map<string, Map<string, number>>()

  function timesOf(step: string): number[] {
    const found = times.get(step) ?? []
    times.set(step, found)
    return found
  }

  return {
    succeeded: (step, ms) => void timesOf(step).push(ms),
    failed(step, kind) {
      timesOf(step)
      const kinds = errors.get(step) ?? new Map<string, number>()
      errors.set(step, kinds.set(kind, (kinds.get(kind) ?? 0) + 1))
    },
    steps: (seconds) =>
      [...times].map(([name, ms]) => ({
        name,
        count: ms.length,
        perSecond: ms.length / seconds,
        p50Ms: percentile(ms, 50),
        p95Ms: percentile(ms, 95),
        p99Ms: percentile(ms, 99),
        maxMs: percentile(ms, 100),
        errors: Object.fromEntries(errors.get(name) ?? []),
      })),
    counts: () => ({
      succeeded: [...times.values()].reduce((sum, ms) => sum + ms.length, 0),
      failed: [...errors.values()].flatMap((kinds) => [...kinds.values()]).reduce((sum, n) => sum + n, 0),
    }),
  }
}
