/** Reads with the client's stream alone: decodes, validates and handles, and commits after each 1,000 messages. */

import { counter } from '../harness/counter.ts'
import { order } from '../harness/orders.ts'
import { parentDone, readInput } from '../harness/program.ts'
import { type PlaceInput, perCommit } from './place.ts'
import { openConsumer } from './raw-client.ts'

const input = readInput<PlaceInput>()
const consumer = openConsumer(input)
const count = counter(input)
const stream = await consumer.consume({ topics: [input.name], mode: 'committed', fallbackMode: 'earliest' })
const positions = new Map<number, { readonly offset: bigint; readonly leaderEpoch: number }>()
let seen = 0
let committing: Promise<unknown> = Promise.resolve()

stream.on('data', ({ value, partition, offset, leaderEpoch }) => {
  count(order.parse(JSON.parse(value.toString())))
  positions.set(partition, { offset: offset + 1n, leaderEpoch })
  seen += 1
  if (seen % perCommit === 0) commit()
})
await parentDone
await committing.catch(() => {})
await consumer.close(true)

function commit(): void {
  const offsets = [...positions].map(([partition, position]) => ({ topic: input.name, partition, ...position }))
  committing = committing.then(() => consumer.commit({ offsets }))
}
