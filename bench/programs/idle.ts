/** An open bus with nothing to do: reports the share of a core that it uses. */
import { setTimeout as sleep } from 'node:timers/promises'
import { on } from '@vestnik/bus'
import { orderPlaced } from '../harness/orders.ts'
import { readInput, report } from '../harness/program.ts'
import { openService } from '../harness/services.ts'

const { folder, seconds } = readInput<{ folder: string; seconds: number }>()
const { close } = await openService(folder, 'billing', [on(orderPlaced, 'billing', () => undefined)])

// What opening started has ended by then.
await sleep(Math.min(2_000, seconds * 1_000))
const before = process.cpuUsage()
await sleep(seconds * 1_000)
const { user, system } = process.cpuUsage(before)
report({ cpuPercent: ((user + system) / 1e6 / seconds) * 100, rssMb: process.memoryUsage().rss / 2 ** 20 })
await close()
