/** Publishes to a topic with 200 callers at once: first to warm up, then, when told, what is measured. */
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import { callers } from '../harness/callers.ts'
import { message } from '../harness/messages.ts'
import { topology } from '../harness/orders.ts'
import { go, now, readInput, report } from '../harness/program.ts'

const { path, warm, count } = readInput<{ path: string; warm: number; count: number }>()
const transport = await openSqliteTransport(path)
await transport.ensure(topology)
const run = `${process.pid}.${Date.now()}`

report({ at: now() })
await go()
await callers(200, 0, warm, (n) => transport.publish([message(n, `${run}.warm`)]))
report({ at: now() })
await go()
const before = now()
await callers(200, 0, count, (n) => transport.publish([message(n, run)]))
report({ from: before, at: now(), rssMb: process.memoryUsage().rss / 2 ** 20 })
await transport.close()
