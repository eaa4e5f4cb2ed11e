/** Handles orders, and reports how long after the start of their transaction the handler was started. */
import { on } from '@vestnik/bus'
import { percentile } from '../../tools/stats.ts'
import { orderPlaced } from '../harness/orders.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openService } from '../harness/services.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'

interface Input {
  readonly folder: string
  readonly perSecond: number
  readonly seconds: number
  readonly rabbit?: RabbitPlace
}

const { folder, perSecond, seconds, rabbit } = readInput<Input>()
const total = Math.round(perSecond * (1 + seconds))
const tookMs = new Map<number, number>()

const time = on(orderPlaced, 'billing', ({ n, at }) => {
  // A work may be called twice: the first start counts.
  if (tookMs.has(n)) return
  tookMs.set(n, now() - at / 1000)
  if (tookMs.size === total) reportAll()
})
const { close } = await openService(folder, 'billing', [time], rabbit)
report({ at: now() })
await parentDone
await close()

function reportAll(): void {
  const counted = [...tookMs].filter(([n]) => n >= perSecond).map(([, ms]) => ms)
  report({ p50Ms: percentile(counted, 50), p99Ms: percentile(counted, 99) })
}
