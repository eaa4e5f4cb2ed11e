/** Publishes with the client alone: batches of 500 for one partition after the other, one under way. */
import { message } from '../harness/messages.ts'
import { readInput } from '../harness/program.ts'
import { reportTimed } from '../harness/publishing.ts'
import { inBatches, type PlaceInput } from './place.ts'
import { makeTopic, openProducer, type RawMessage, rawMessage } from './raw-client.ts'

const input = readInput<PlaceInput>()
const { warm, count, partitions } = input
await makeTopic(input, partitions)
const producer = openProducer(input)

const batches = { warm: batchesOf(0, warm), count: batchesOf(warm, warm + count) }
for (const messages of batches.warm) await producer.send({ messages })
await reportTimed(count, async () => {
  for (const messages of batches.count) await producer.send({ messages })
})
await producer.close()

/** Made beforehand: each batch is for one partition. */
function batchesOf(from: number, to: number): RawMessage[][] {
  const full: RawMessage[][] = []
  const open = new Map<number, RawMessage[]>()
  for (let n = from; n < to; n += 1) {
    const made = rawMessage(input, message(n), partitions)
    const batch = open.get(made.partition ?? 0) ?? []
    open.set(made.partition ?? 0, batch)
    batch.push(made)
    if (batch.length < inBatches) continue
    full.push(batch)
    open.delete(made.partition ?? 0)
  }
  return [...full, ...open.values()]
}
