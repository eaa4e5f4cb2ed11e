/** Reads with amqplib alone: decodes, validates, handles and acknowledges each message by itself. */
import { connect } from 'amqplib'
import { counter } from '../harness/counter.ts'
import { order } from '../harness/orders.ts'
import { parentDone, readInput } from '../harness/program.ts'
import { inFlight } from '../harness/publishing.ts'
import type { PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
const connection = await connect(input.url)
const channel = await connection.createChannel()
await channel.prefetch(inFlight)
const count = counter(input)

await channel.consume(input.name, async (message) => {
  if (message === null) throw new Error('the broker ended the consumption')
  count(order.parse(JSON.parse(message.content.toString())))
  channel.ack(message)
})
await parentDone
await connection.close()
