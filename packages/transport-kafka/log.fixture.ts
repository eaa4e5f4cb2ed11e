/** What really stands in a topic, read with the client alone. */
import { randomUUID } from 'node:crypto'
import { Admin, Consumer } from '@platformatic/kafka'

export interface Stored {
  readonly partition: number
  readonly id: string
  readonly key: string
}

/** All records, each partition in its own order. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<readonly Stored[]> {
  const options = { clientId: 'reader', bootstrapBrokers: [...brokers], retryDelay: 200, retries: 20 }
  const consumer = new Consumer({ ...options, groupId: `reader-${randomUUID()}`, autocommit: false })
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? []
    const expected = ends.reduce((sum, end) => sum + Number(end), 0)
    const stored: Stored[] = []
    if (expected === 0) return stored
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', sessionTimeout: 10_000 })
    for await (const { partition, key, headers } of stream) {
      const id = [...headers].find(([name]) => String(name) === 'ce_id')?.[1]
      stored.push({ partition, id: String(id), key: String(key) })
      if (stored.length === expected) break
    }
    return stored
  } finally {
    await consumer.close(true)
  }
}

/** Asks as an operator would. */
export async function administer<A>(brokers: readonly string[], work: (admin: Admin) => Promise<A>): Promise<A> {
  const admin = new Admin({ clientId: 'operator', bootstrapBrokers: [...brokers], retryDelay: 200, retries: 20 })
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}
