/**
 * The producing process with amqplib by hand: 200 callers place orders, and a relay publishes their messages, of which
 * 1,000 may be unconfirmed. Each order with its outbox row, and each row that is confirmed, has a transaction of its own.
 */
import { join } from 'node:path'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { connect } from 'amqplib'
import { openOutbox } from '../by-hand/outbox.ts'
import { callers } from '../harness/callers.ts'
import { payload } from '../harness/messages.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { inFlight } from '../harness/publishing.ts'
import { openQueue, type QueueInput } from './raw-queue.ts'

const { folder, rabbit, warm, count } = readInput<QueueInput>()
const connection = await connect(rabbit.url)
const channel = await openQueue(connection, rabbit.name)
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
await connection.close()
outbox.close()

async function relay(): Promise<void> {
  let last = 0
  while (!stopped) {
    const rows = outbox.waiting(last, inFlight - unconfirmed)
    for (const { pos, id, headers, body } of rows) publish(pos, id, headers, body)
    last = rows.at(-1)?.pos ?? last
    await sleep(rows.length === 0 ? 5 : 0)
  }
}

function publish(pos: number, id: string, headers: string, body: string): void {
  unconfirmed += 1
  const options = { persistent: true, mandatory: true, messageId: id, headers: JSON.parse(headers) }
  channel.sendToQueue(rabbit.name, Buffer.from(body), options, (error) => {
    if (error) throw error
    unconfirmed -= 1
    outbox.forget(pos, pos)
  })
}
