/** The reading process: a bill for each order, and a report when the last of them is durable. */
import { setTimeout as sleep } from 'node:timers/promises'
import { on } from '@vestnik/bus'
import { orderPlaced } from '../harness/orders.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openService } from '../harness/services.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'

interface Input {
  readonly folder: string
  readonly warm: number
  readonly count: number
  readonly rabbit?: RabbitPlace
}

const { folder, warm, count, rabbit } = readInput<Input>()
let started = 0
const bill = on(orderPlaced, 'billing', async ({ n, customer, at }, { tx }) => {
  started += 1
  await tx.query('INSERT INTO bills (n, customer, at) VALUES (?, ?, ?)', [n, customer, at])
})
const { store, close } = await openService(folder, 'billing', [bill], rabbit)
await store.transaction((tx) =>
  tx.query(
    'CREATE TABLE bills (pos INTEGER PRIMARY KEY, n INTEGER NOT NULL, customer TEXT NOT NULL, at INTEGER NOT NULL)',
    [],
  ),
)

report({ at: now() })
for (const expected of [warm, warm + count]) {
  // A start is not an effect yet: the rows are counted where they are durable.
  while (started < expected || (await billed()) < expected) await sleep(2)
  report({ at: now(), rssMb: process.memoryUsage().rss / 2 ** 20 })
}
await parentDone
await close()

async function billed(): Promise<number> {
  const rows = await store.read((tx) => tx.query('SELECT max(pos) AS n FROM bills', []))
  return Number(rows[0]?.n ?? 0)
}
