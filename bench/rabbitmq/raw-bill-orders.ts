/** The reading process with amqplib by hand: each message has a transaction, and an acknowledgement, of its own. */
import { join } from 'node:path'
import { connect } from 'amqplib'
import { openInbox } from '../by-hand/inbox.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { inFlight } from '../harness/publishing.ts'
import { openQueue, type QueueInput } from './raw-queue.ts'

const { folder, rabbit, warm, count } = readInput<QueueInput>()
const connection = await connect(rabbit.url)
const channel = await openQueue(connection, rabbit.name)
const inbox = openInbox(join(folder, 'billing.db'))
let seen = 0

await channel.prefetch(inFlight)
await channel.consume(rabbit.name, (message) => {
  if (message === null) throw new Error('the broker ended the consumption')
  inbox.handle(message.properties.messageId, message.content.toString())
  channel.ack(message)
  seen += 1
  if (seen === warm || seen === warm + count) report({ at: now() })
})

report({ at: now() })
await parentDone
await connection.close()
inbox.close()
