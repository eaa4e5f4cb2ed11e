/** Publishes with amqplib alone: 1,000 unconfirmed messages at a time, with the headers and properties of ours. */
import { connect } from 'amqplib'
import { toAmqp } from '../../packages/transport-rabbitmq/message.ts'
import { callers } from '../harness/callers.ts'
import { message } from '../harness/messages.ts'
import { readInput, report } from '../harness/program.ts'
import { inFlight, type PlaceInput } from './place.ts'
import { openQueue } from './raw-queue.ts'

const { url, name, warm, count } = readInput<PlaceInput>()
const connection = await connect(url)
const channel = await openQueue(connection, name)

const messages = Array.from({ length: warm + count }, (_, n) => {
  const made = message(n)
  return { content: Buffer.from(made.body), options: toAmqp(made) }
})
await callers(inFlight, 0, warm, publish)
const before = performance.now()
await callers(inFlight, warm, warm + count, publish)
report({ publishedPerSecond: (count / (performance.now() - before)) * 1000 })
await connection.close()

function publish(n: number): Promise<void> {
  const { content, options } = messages[n] ?? {}
  return new Promise((resolve, reject) => {
    channel.sendToQueue(name, content ?? Buffer.alloc(0), options, (error) => (error ? reject(error) : resolve()))
  })
}
