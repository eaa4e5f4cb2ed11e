/** A group without a store handles what waits in its queues, and reports the rate after the first ones. */
import { handleWithoutInbox } from '@vestnik/bus'
import { counter } from '../harness/counter.ts'
import { parentDone, readInput } from '../harness/program.ts'
import { openPlace, ordersIn, type PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
const transport = await openPlace(input)
const count = counter(input)

await handleWithoutInbox({ service: 'billing', transport }, ordersIn(input.order), 'billing', count)
await parentDone
await transport.close()
