/** When a Kafka has started: its port is open long before it takes messages. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, Producer } from '@platformatic/kafka'

const startMs = 180_000
const topic = 'vestnik-ready'

/** What is waited for at a node's port. */
export interface Expected {
  readonly port: number
  /** The numbers of the brokers that must be there. */
  readonly ids: readonly number[]
  /** On how many a topic lies. */
  readonly replicas: number
}

/** Resolves when the nodes are there and a topic takes a message; rejects with what `failed` says, or after three minutes. */
export async function untilTakesMessages(expected: Expected, failed: () => string | undefined): Promise<void> {
  const end = performance.now() + startMs
  for (;;) {
    const error = await attempt(expected)
    if (error === undefined) return
    const why = failed() ?? (performance.now() > end ? `nothing within ${startMs} ms; at last ${error}` : undefined)
    if (why !== undefined) throw new Error(`start Kafka at port ${expected.port}: ${why}`)
    await sleep(100)
  }
}

const client = { clientId: 'vestnik-ready', retries: 0, connectTimeout: 1000, requestTimeout: 5000, timeout: 4000 }

async function attempt({ port, ids, replicas }: Expected): Promise<string | undefined> {
  const bootstrapBrokers = [`127.0.0.1:${port}`]
  const admin = new Admin({ ...client, bootstrapBrokers })
  const producer = new Producer({ ...client, bootstrapBrokers })
  try {
    const { brokers } = await admin.metadata({ topics: [] })
    const missing = ids.filter((id) => !brokers.has(id))
    if (missing.length > 0) return `without node ${missing.join(', ')}`
    if (!(await admin.listTopics()).includes(topic)) {
      await admin.createTopics({ topics: [topic], partitions: 1, replicas })
    }
    await producer.send({ messages: [{ topic, value: Buffer.from('ready'), partition: 0 }], acks: -1 })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    // What is left of a connection to a broker that has gone does not matter.
    await Promise.race([Promise.allSettled([admin.close(), producer.close()]), sleep(3000, undefined, { ref: false })])
  }
}
