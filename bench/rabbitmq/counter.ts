/** A handler that does nothing but see when the last of the messages comes. */
import type { Payload } from '../harness/messages.ts'
import { report } from '../harness/program.ts'

/** Reports the rate at which `count` messages came after the first `warm` ones. */
export function counter({ warm, count }: { readonly warm: number; readonly count: number }): (order: Payload) => void {
  let seen = 0
  let sum = 0
  let from = 0
  return ({ n }) => {
    sum += n
    seen += 1
    if (seen === warm) from = performance.now()
    if (seen === warm + count) report({ deliveredPerSecond: (count / (performance.now() - from)) * 1000, sum })
  }
}
