/** When a RabbitMQ has started: its port is open long before it takes messages. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'

const startMs = 90_000

/** Resolves at the first whole handshake; rejects with what `failed` says, or after a minute and a half. */
export async function untilAnswers(
  url: string,
  name: string,
  failed: () => Promise<string | undefined>,
): Promise<void> {
  const end = performance.now() + startMs
  while (!(await answers(url))) {
    const why = (await failed()) ?? (performance.now() > end ? `it did not answer within ${startMs} ms` : undefined)
    if (why !== undefined) throw new Error(`start RabbitMQ ${name}: ${why}`)
    await sleep(100)
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await connect(url, { timeout: 5_000 })
    connection.on('error', () => {})
    await connection.close()
    return true
  } catch {
    return false
  }
}
