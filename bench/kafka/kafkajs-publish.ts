/** Publishes with kafkajs: 1,000 callers at once, each with a send of its own. */
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { message } from '../harness/messages.ts'
import { readInput } from '../harness/program.ts'
import { reportPublishing } from '../harness/publishing.ts'
import { brokersOf } from '../peers/kafka.ts'
import type { PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
const { name: topic, warm, count, partitions } = input
const kafka = new Kafka({ clientId: 'kafkajs', brokers: brokersOf(input), logLevel: logLevel.NOTHING })
const admin = kafka.admin()
await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] })
await admin.disconnect()
const producer = kafka.producer()
await producer.connect()

const messages = Array.from({ length: warm + count }, (_, n) => {
  const { id, key = null, headers, body } = message(n)
  return { key, value: Buffer.from(body), headers: { ...headers, ce_id: id } }
})
await reportPublishing({ warm, count }, publish)
await producer.disconnect()

function publish(n: number): Promise<unknown> {
  const one = messages[n] ?? { value: null }
  return producer.send({ topic, messages: [one], acks: -1, compression: CompressionTypes.None })
}
