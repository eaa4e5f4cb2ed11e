/** The reading process with pg and amqplib by hand: `perTransaction` messages are marked, billed and acknowledged at once. */
import { type ConsumeMessage, connect } from 'amqplib'
import { openInbox } from '../by-hand/postgres.ts'
import { order } from '../harness/orders.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openQueue } from '../rabbitmq/raw-queue.ts'
import { type ChainInput, inFlight } from './chain-input.ts'

const { place, warm, count, perTransaction, arrays } = readInput<ChainInput>()
await using inbox = await openInbox(place.database, arrays)
const connection = await connect(place.rabbit.url)
const channel = await openQueue(connection, place.rabbit.name)
const waiting: ConsumeMessage[] = []
/** Whatever is there after this time is a batch too. */
const gatherMs = 5
let timer: NodeJS.Timeout | undefined
let seen = 0
let used = process.cpuUsage()

await channel.prefetch(inFlight)
await channel.consume(place.rabbit.name, (message) => {
  if (message === null) throw new Error('the broker ended the consumption')
  waiting.push(message)
  if (waiting.length >= perTransaction) void handle()
  else timer ??= setTimeout(handle, gatherMs)
})

report({ at: now() })
await parentDone
await connection.close()

async function handle(): Promise<void> {
  clearTimeout(timer)
  timer = undefined
  const messages = waiting.splice(0, perTransaction)
  if (messages.length === 0) return
  const mails = messages.map(({ properties, content }) => {
    return { id: String(properties.messageId), order: order.parse(JSON.parse(content.toString())) }
  })
  await inbox.handle(mails)
  for (const message of messages) channel.ack(message)
  seen += messages.length
  for (const expected of [warm, warm + count]) {
    if (seen >= expected && seen - messages.length < expected) report({ at: now(), cpuUs: cost() })
  }
}

/** Processor time of this process for each message since the last report, in microseconds. */
function cost(): number {
  const { user, system } = process.cpuUsage(used)
  used = process.cpuUsage()
  return (user + system) / count
}
