/** The reading process with kafkajs by hand: each message has a transaction of its own, before its offset is resolved. */
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { openInbox } from '../by-hand/inbox.ts'
import { orderPlaced } from '../harness/orders.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { brokersOf } from '../peers/kafka.ts'
import type { ChainInput } from './chain-input.ts'

const { folder, rabbit: place, warm, count } = readInput<ChainInput>()
const kafka = new Kafka({ clientId: 'billing', brokers: brokersOf(place), logLevel: logLevel.NOTHING })
const admin = kafka.admin()
await admin.createTopics({
  topics: [{ topic: place.name, numPartitions: orderPlaced.partitions }],
  waitForLeaders: true,
})
await admin.disconnect()
const consumer = kafka.consumer({ groupId: `${place.name}-billing` })
const inbox = openInbox(join(folder, 'billing.db'))
let seen = 0

await consumer.connect()
await consumer.subscribe({ topic: place.name, fromBeginning: true })
const joined = Promise.withResolvers<void>()
consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve())
await consumer.run({
  eachMessage: async ({ message }) => {
    inbox.handle(String(message.headers?.id), String(message.value))
    seen += 1
    if (seen === warm || seen === warm + count) report({ at: now() })
  },
})
await joined.promise

report({ at: now() })
await parentDone
await consumer.disconnect()
inbox.close()
