/** The reading process with amqplib alone: when each message came. */
import { connect } from 'amqplib'
import { order } from '../harness/orders.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openQueue } from '../rabbitmq/raw-queue.ts'
import { inFlight, type PaceInput } from './chain-input.ts'
import { startTimes } from './start-times.ts'

const input = readInput<PaceInput>()
const started = startTimes(input)
const connection = await connect(input.place.rabbit.url)
const channel = await openQueue(connection, input.place.rabbit.name)
await channel.prefetch(inFlight)
await channel.consume(input.place.rabbit.name, (message) => {
  if (message === null) throw new Error('the broker ended the consumption')
  const { n, at } = order.parse(JSON.parse(message.content.toString()))
  started(n, at)
  channel.ack(message)
})
report({ at: now() })
await parentDone
await connection.close()
