/** Handles what waits, 50 at once, each for a millisecond; reports the rate, and the most memory that it took. */
import { setTimeout as sleep } from 'node:timers/promises'
import { contract, handleWithoutInbox } from '@vestnik/bus'
import { orderPlaced } from '../harness/orders.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openPlace, type PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
const transport = await openPlace(input)
const { topic, schema } = orderPlaced
const orders = contract(topic, { schema, partitions: input.partitions, groups: [{ name: 'billing', concurrency: 50 }] })
let seen = 0
let from = 0

await handleWithoutInbox({ service: 'billing', transport }, orders, 'billing', async () => {
  if (seen === 0) from = now()
  await sleep(1)
  seen += 1
  if (seen === input.count) {
    const mostMb = process.resourceUsage().maxRSS / 1024
    report({ deliveredPerSecond: (1000 * seen) / (now() - from), mostMb })
  }
})
await parentDone
await transport.close()
