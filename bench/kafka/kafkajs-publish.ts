/** Publishes with kafkajs: 1,000 callers at once, each with a send of its own. */
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { callers } from '../harness/callers.ts'
import { message } from '../harness/messages.ts'
import { readInput, report } from '../harness/program.ts'
import { brokersOf } from '../peers/kafka.ts'
import { timed } from '../rabbitmq/timed.ts'
import { inFlight, type PlaceInput } from './place.ts'

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
await callers(inFlight, 0, warm, publish)
const { perSecond, cpuUs } = await timed(count, () => callers(inFlight, warm, warm + count, publish))
report({ publishedPerSecond: perSecond, publishCpuUs: cpuUs })
await producer.disconnect()

function publish(n: number): Promise<unknown> {
  const one = messages[n] ?? { value: null }
  return producer.send({ topic, messages: [one], acks: -1, compression: CompressionTypes.None })
}
