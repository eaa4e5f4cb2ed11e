/** Publishes with 200 callers at once, each awaiting its own message, and reports the rate. */
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import { callers } from '../harness/callers.ts'
import { message } from '../harness/messages.ts'
import { topology } from '../harness/orders.ts'
import { readInput, report } from '../harness/program.ts'

const { path, count } = readInput<{ path: string; count: number }>()
const transport = await openSqliteTransport(path)
await transport.ensure(topology)

const run = `${process.pid}.${Date.now()}`
await callers(200, 0, Math.min(count, 60_000), (n) => transport.publish([message(n, `${run}.warm`)]))
// Made beforehand, as the rows of the raw inserts are.
const messages = Array.from({ length: count }, (_, n) => [message(n, run)])
const before = performance.now()
await callers(200, 0, count, (n) => transport.publish(messages[n] ?? []))
report({ perSecond: (count / (performance.now() - before)) * 1000 })
await transport.close()
