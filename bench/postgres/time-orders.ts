/** Handles orders, and reports how long after the start of their transaction the handler was started. */
import { on } from '@vestnik/bus'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import type { PaceInput } from './chain-input.ts'
import { billsTable, openService, orderPlaced } from './services.ts'
import { startTimes } from './start-times.ts'

const input = readInput<PaceInput>()
const started = startTimes(input)
await using _ = await openService(input.place, 'billing', billsTable, [
  on(orderPlaced, 'billing', ({ n, at }) => started(n, at)),
])
report({ at: now() })
await parentDone
