/** The same with pg and amqplib by hand: each commit notifies, and the relay publishes at once what it finds. */
import { connect } from 'amqplib'
import { listenOn, openOutbox, type Waiting } from '../by-hand/postgres.ts'
import { payload } from '../harness/messages.ts'
import { pace } from '../harness/pace.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { openQueue } from '../rabbitmq/raw-queue.ts'
import { batch, type PaceInput } from './chain-input.ts'

const { place, perSecond, seconds } = readInput<PaceInput>()
await using outbox = await openOutbox(place.database)
const connection = await connect(place.rabbit.url)
const channel = await openQueue(connection, place.rabbit.name)
let looking = false
let again = false
await using _ = await listenOn(place.database, () => void look())

report({ at: now() })
await go()
await pace(perSecond, 1 + seconds, (n) => outbox.place([payload(n, Math.round(now() * 1000))], 'notify'))
report({ at: now() })
await parentDone
await connection.close()

async function look(): Promise<void> {
  again = true
  if (looking) return
  looking = true
  while (again) {
    again = false
    const rows = await outbox.oldest(batch)
    await Promise.all(rows.map(publish))
    if (rows.length > 0) await outbox.forget(rows.map(({ pos }) => pos))
  }
  looking = false
}

function publish({ id, headers, body }: Waiting): Promise<void> {
  const options = { persistent: true, mandatory: true, messageId: id, headers: JSON.parse(headers) }
  return new Promise((resolve, reject) => {
    channel.sendToQueue(place.rabbit.name, Buffer.from(body), options, (error) => (error ? reject(error) : resolve()))
  })
}
