/** A group without a store handles a topic, and reports when the last of the expected messages came. */
import { handleWithoutInbox } from '@vestnik/bus'
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import { orderPlaced } from '../harness/orders.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'

const { path, warm, count } = readInput<{ path: string; warm: number; count: number }>()
const transport = await openSqliteTransport(path)
let seen = 0
let sum = 0
let allowed = 0
let open = Promise.withResolvers<void>()

await handleWithoutInbox({ service: 'billing', transport }, orderPlaced, 'billing', async ({ n }) => {
  // Where more is waiting than is measured, nothing is handled before its time.
  while (seen >= allowed) await open.promise
  sum += n
  seen += 1
  if (seen === allowed) report({ at: now(), sum, rssMb: process.memoryUsage().rss / 2 ** 20 })
})

report({ at: now() })
for (const size of [warm, count]) {
  await go()
  allowed += size
  open.resolve()
  open = Promise.withResolvers()
}
await parentDone
await transport.close()
