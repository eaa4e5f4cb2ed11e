/** A handler that does nothing but see when the last of the messages comes. */
import type { Payload } from './messages.ts'
import { report } from './program.ts'
import { startTimer } from './timed.ts'

/** Reports the rate at which `count` messages came after the first `warm` ones, and what each cost this process. */
export function counter({ warm, count }: { readonly warm: number; readonly count: number }): (order: Payload) => void {
  let seen = 0
  let sum = 0
  let stop = startTimer()
  return ({ n }) => {
    sum += n
    seen += 1
    if (seen === warm) stop = startTimer()
    if (seen !== warm + count) return
    const { perSecond, cpuUs } = stop(count)
    report({ deliveredPerSecond: perSecond, deliverCpuUs: cpuUs, sum })
  }
}
