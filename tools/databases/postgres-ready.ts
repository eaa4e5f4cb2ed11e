/** When a PostgreSQL has started: its port is open before it takes statements. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

const startMs = 60_000

/** Resolves at the first statement that is answered; rejects with what `failed` says, or after a minute. */
export async function untilAnswers(
  url: string,
  name: string,
  failed: () => Promise<string | undefined>,
): Promise<void> {
  const end = performance.now() + startMs
  while (!(await answers(url))) {
    const why = (await failed()) ?? (performance.now() > end ? `it did not answer within ${startMs} ms` : undefined)
    if (why !== undefined) throw new Error(`start PostgreSQL ${name}: ${why}`)
    await sleep(50)
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
