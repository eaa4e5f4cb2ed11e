/** One of several processes that publish to a topic as fast as they can, and each read all of it in a group of its own. */
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import { message } from '../harness/messages.ts'
import { go, parentDone, readInput, report } from '../harness/program.ts'

interface Input {
  readonly path: string
  readonly index: number
  readonly processes: number
  readonly seconds: number
}

const { path, index, processes, seconds } = readInput<Input>()
const topic = 'order.placed'
const groupOf = (i: number) => ({ topic, name: `reader${i}`, concurrency: 200, order: 'key' }) as const
const transport = await openSqliteTransport(path)
await transport.ensure({
  topics: [{ name: topic, partitions: 12 }],
  groups: Array.from({ length: processes }, (_, i) => groupOf(i)),
})
let read = 0
let published = 0
await transport.subscribe(groupOf(index), async () => {
  read += 1
})

report({ index })
await go()
const end = performance.now() + seconds * 1000
let n = 0
await Promise.all(Array.from({ length: 200 }, publishUntilEnd))
report({ published, read })
await parentDone

async function publishUntilEnd(): Promise<void> {
  while (performance.now() < end) {
    n += 1
    await transport.publish([message(n, `p${index}`)])
    published += 1
  }
}
await transport.close()
