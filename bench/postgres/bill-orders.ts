/** The reading process: a bill for each order, and a report when the last of them is durable. */
import { setTimeout as sleep } from 'node:timers/promises'
import { on } from '@vestnik/bus'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import type { ChainInput } from './chain-input.ts'
import { billsTable, openService, orderPlaced } from './services.ts'

const { place, warm, count } = readInput<ChainInput>()
let started = 0
let used = process.cpuUsage()
const bill = on(orderPlaced, 'billing', async ({ n, customer, at }, { tx }) => {
  started += 1
  await tx.query('INSERT INTO bills (n, customer, at) VALUES ($1, $2, $3)', [n, customer, at])
})
await using billing = await openService(place, 'billing', billsTable, [bill])

report({ at: now() })
for (const expected of [warm, warm + count]) {
  // A start is not an effect yet: the rows are counted where they are durable.
  while (started < expected || (await billed()) < expected) await sleep(5)
  report({ at: now(), cpuUs: cost() })
}
await parentDone

async function billed(): Promise<number> {
  const [row] = await billing.store.read((tx) => tx.query('SELECT count(*) AS n FROM bills', []))
  return Number(row?.n)
}

/** Processor time of this process for each message since the last report, in microseconds. */
function cost(): number {
  const { user, system } = process.cpuUsage(used)
  used = process.cpuUsage()
  return (user + system) / count
}
