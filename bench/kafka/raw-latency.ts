/** Publishes and fetches with the client alone, at a steady rate; reports how long after its publish each message came. */
import { percentile } from '../../tools/stats.ts'
import { message } from '../harness/messages.ts'
import { orderPlaced } from '../harness/orders.ts'
import { pace } from '../harness/pace.ts'
import { now, readInput, report } from '../harness/program.ts'
import type { KafkaPlace } from '../peers/kafka.ts'
import { makeTopic, openConsumer, openProducer, rawMessage } from './raw-client.ts'

const input = readInput<KafkaPlace & { readonly perSecond: number; readonly seconds: number }>()
const { perSecond, seconds } = input
const { partitions } = orderPlaced
await makeTopic(input, partitions)
const producer = openProducer(input)
const consumer = openConsumer(input)
const stream = await consumer.consume({ topics: [input.name], mode: 'earliest' })
const started: number[] = []
const tookMs: number[] = []
const all = Promise.withResolvers<void>()
const total = Math.round(perSecond * (1 + seconds))

stream.on('data', ({ headers }) => {
  const id = String([...headers].find(([name]) => String(name) === 'ce_id')?.[1])
  const n = Number(id.slice(2))
  tookMs[n] = now() - (started[n] ?? 0)
  if (Object.keys(tookMs).length === total + 1) all.resolve()
})
// One that opens the way comes last in the count, and is not counted.
await producer.send({ messages: [rawMessage(input, message(total), partitions)] })
await pace(perSecond, 1 + seconds, (n) => {
  started[n] = now()
  return producer.send({ messages: [rawMessage(input, message(n), partitions)] })
})
await all.promise
const counted = tookMs.slice(perSecond, total)
report({ p50Ms: percentile(counted, 50), p99Ms: percentile(counted, 99) })
await consumer.close(true)
await producer.close()
