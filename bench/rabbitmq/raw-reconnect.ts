/**
 * Each time that it is told, connects anew with amqplib alone, declares the queue and consumes it; reports when the
 * waiting message comes.
 */
import { connect } from 'amqplib'
import { go, now, readInput, report } from '../harness/program.ts'
import { inFlight } from '../harness/publishing.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'
import { openQueue } from './raw-queue.ts'

const { url, name } = readInput<RabbitPlace>()

await make()
report({ at: now() })
for (;;) {
  await go()
  await readOne()
}

async function make(): Promise<void> {
  const connection = await connect(url)
  await openQueue(connection, name)
  await connection.close()
}

/** The connection lives until its link is cut. */
async function readOne(): Promise<void> {
  const connection = await connect(url)
  connection.on('error', () => undefined)
  const channel = await openQueue(connection, name)
  await channel.prefetch(inFlight)
  await channel.consume(name, (message) => {
    if (message === null) return
    report({ at: now() })
    channel.ack(message)
  })
}
