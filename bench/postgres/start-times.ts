/** How long after the start of its transaction each order was there. */
import { percentile } from '../../tools/stats.ts'
import { now, report } from '../harness/program.ts'
import type { PaceInput } from './chain-input.ts'

/** Reports when the last one was; those of the first second are not counted. */
export function startTimes({ perSecond, seconds }: PaceInput): (n: number, atUs: number) => void {
  const total = Math.round(perSecond * (1 + seconds))
  const tookMs = new Map<number, number>()
  return (n, atUs) => {
    // A handler may be called twice: the first start counts.
    if (tookMs.has(n)) return
    tookMs.set(n, now() - atUs / 1000)
    if (tookMs.size < total) return
    const counted = [...tookMs].filter(([order]) => order >= perSecond).map(([, ms]) => ms)
    report({ p50Ms: percentile(counted, 50), p99Ms: percentile(counted, 99) })
  }
}
