/**
 * The producing process with kafkajs by hand: 200 callers place orders, and a relay publishes their messages, of which
 * 1,000 may be unconfirmed. Each order with its outbox row, and each row that is confirmed, has a transaction of its own.
 */
import { join } from 'node:path'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { openOutbox } from '../by-hand/outbox.ts'
import { callers } from '../harness/callers.ts'
import { payload } from '../harness/messages.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { brokersOf } from '../peers/kafka.ts'
import { type ChainInput, inFlight } from './chain-input.ts'

const { folder, rabbit: place, warm, count } = readInput<ChainInput>()
const producer = new Kafka({ clientId: 'shop', brokers: brokersOf(place), logLevel: logLevel.NOTHING }).producer()
await producer.connect()
const outbox = openOutbox(join(folder, 'shop.db'))
let unconfirmed = 0
let stopped = false
const relaying = relay()

report({ at: now() })
for (const orders of [warm, count]) {
  await go()
  const from = now()
  await callers(200, 0, orders, (n) => {
    outbox.place(payload(n))
    return turn()
  })
  report({ from, at: now() })
}
await parentDone
stopped = true
await relaying
await producer.disconnect()
outbox.close()

async function relay(): Promise<void> {
  let last = 0
  while (!stopped) {
    const rows = outbox.waiting(last, inFlight - unconfirmed)
    for (const { pos, id, key, headers, body } of rows) void publish(pos, key, { id, ...JSON.parse(headers) }, body)
    last = rows.at(-1)?.pos ?? last
    await sleep(rows.length === 0 ? 5 : 0)
  }
}

async function publish(pos: number, key: string, headers: Record<string, string>, value: string): Promise<void> {
  unconfirmed += 1
  await producer.send({ topic: place.name, messages: [{ key, headers, value }], acks: -1 })
  unconfirmed -= 1
  outbox.forget(pos, pos)
}
