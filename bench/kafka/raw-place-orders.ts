/** The producing process with kafkajs by hand: each order with its outbox row, and each row that is confirmed, has a transaction of its own. */
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { openOutbox } from '../by-hand/outbox.ts'
import { placeAndRelay } from '../by-hand/relay-one-by-one.ts'
import { readInput } from '../harness/program.ts'
import { brokersOf } from '../peers/kafka.ts'
import type { ChainInput } from './chain-input.ts'

const { folder, rabbit: place, ...counts } = readInput<ChainInput>()
const producer = new Kafka({ clientId: 'shop', brokers: brokersOf(place), logLevel: logLevel.NOTHING }).producer()
await producer.connect()
const outbox = openOutbox(join(folder, 'shop.db'))

await placeAndRelay(counts, outbox, ({ id, key, headers, body }) => {
  const message = { key, headers: { id, ...JSON.parse(headers) }, value: body }
  return producer.send({ topic: place.name, messages: [message], acks: -1 })
})
await producer.disconnect()
outbox.close()
