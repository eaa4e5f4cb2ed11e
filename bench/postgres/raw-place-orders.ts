/**
 * The producing process with pg and amqplib by hand: callers place orders, and a relay publishes their messages, 500 at a
 * time. Each transaction, and each removal of what is confirmed, is of `perTransaction` messages.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import { openOutbox, type Waiting } from '../by-hand/postgres.ts'
import { callers } from '../harness/callers.ts'
import { payload } from '../harness/messages.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { openQueue } from '../rabbitmq/raw-queue.ts'
import { batch, type ChainInput, pool } from './chain-input.ts'

const { place, warm, count, perTransaction, arrays } = readInput<ChainInput>()
await using outbox = await openOutbox(place.database, arrays)
const connection = await connect(place.rabbit.url)
const channel = await openQueue(connection, place.rabbit.name)
let stopped = false
const relaying = relay()

report({ at: now() })
for (const orders of [warm, count]) {
  await go()
  const from = now()
  await callers(pool, 0, orders / perTransaction, (n) =>
    outbox.place(Array.from({ length: perTransaction }, (_, i) => payload(n * perTransaction + i))),
  )
  report({ from, at: now() })
}
await Promise.race([parentDone, go()])
// Who only fills the queue waits until all of it is there.
stopped = true
await relaying
report({ at: now() })
await parentDone
await connection.close()

/** Always the oldest that are left: a cursor would pass over what commits late. */
async function relay(): Promise<void> {
  for (;;) {
    const rows = await outbox.oldest(batch)
    await Promise.all(rows.map(publish))
    const positions = rows.map(({ pos }) => pos)
    const parts = Math.ceil(positions.length / perTransaction)
    await callers(pool, 0, parts, (n) => outbox.forget(positions.slice(n * perTransaction, (n + 1) * perTransaction)))
    if (rows.length === 0 && stopped) return
    if (rows.length === 0) await sleep(2)
  }
}

function publish({ id, headers, body }: Waiting): Promise<void> {
  const options = { persistent: true, mandatory: true, messageId: id, headers: JSON.parse(headers) }
  return new Promise((resolve, reject) => {
    channel.sendToQueue(place.rabbit.name, Buffer.from(body), options, (error) => (error ? reject(error) : resolve()))
  })
}
