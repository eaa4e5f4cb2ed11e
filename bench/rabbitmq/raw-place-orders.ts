/** The producing process with amqplib by hand: each order with its outbox row, and each row that is confirmed, has a transaction of its own. */
import { join } from 'node:path'
import { connect } from 'amqplib'
import { openOutbox } from '../by-hand/outbox.ts'
import { placeAndRelay } from '../by-hand/relay-one-by-one.ts'
import { readInput } from '../harness/program.ts'
import { openQueue, type QueueInput } from './raw-queue.ts'

const { folder, rabbit, ...counts } = readInput<QueueInput>()
const connection = await connect(rabbit.url)
const channel = await openQueue(connection, rabbit.name)
const outbox = openOutbox(join(folder, 'shop.db'))

await placeAndRelay(counts, outbox, ({ id, headers, body }) => {
  const options = { persistent: true, mandatory: true, messageId: id, headers: JSON.parse(headers) }
  return new Promise<void>((resolve, reject) => {
    channel.sendToQueue(rabbit.name, Buffer.from(body), options, (error) => (error ? reject(error) : resolve()))
  })
})
await connection.close()
outbox.close()
