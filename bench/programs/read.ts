/** A group without a store reads a topic, decodes each message, and reports when the last of them came. */
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import type { Payload } from '../harness/messages.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'

const { path, topic, warm, count } = readInput<{ path: string; topic: string; warm: number; count: number }>()
const decoder = new TextDecoder()
const transport = await openSqliteTransport(path)
const group = { topic, name: 'bench', concurrency: 200, order: 'key' } as const
await transport.ensure({ topics: [{ name: topic, partitions: 12 }], groups: [group] })

let seen = 0
let sum = 0
let allowed = 0
let open = Promise.withResolvers<void>()
await transport.subscribe(group, async ({ body }) => {
  // Where more is waiting than is measured, nothing is read before its time.
  while (seen >= allowed) await open.promise
  const order: Payload = JSON.parse(decoder.decode(body))
  sum += order.n
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
