/** Leaves messages waiting in a topic: published in large batches, read by nobody. */
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import { callers } from '../harness/callers.ts'
import { message } from '../harness/messages.ts'
import { topology } from '../harness/orders.ts'
import { readInput, report } from '../harness/program.ts'

const { path, count } = readInput<{ path: string; count: number }>()
const transport = await openSqliteTransport(path)
await transport.ensure(topology)

const batch = 1_000
await callers(4, 0, Math.ceil(count / batch), (b) => {
  const size = Math.min(batch, count - b * batch)
  return transport.publish(Array.from({ length: size }, (_, i) => message(b * batch + i, 'fill')))
})
report({ count })
await transport.close()
