/** Publishers under load while something happens to the broker, and what must be true of the topic afterwards. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { PublishError } from '@vestnik/bus/errors'
import type { Outgoing, Transport } from '@vestnik/bus/transport'
import { openKafkaTransport } from './index.ts'
import { readTopic } from './log.fixture.ts'
import type { KafkaTransportOptions } from './options.ts'

export interface Load extends AsyncDisposable {
  readonly topic: string
  readonly transport: Transport
  /** How many messages the broker has confirmed. */
  confirmed(): number
  /** Resolves when so many more are. */
  untilMore(count: number): Promise<void>
  /** The longest time without a confirmation, in milliseconds. */
  longestGapMs(): number
  /** Ends the callers, each when its message is confirmed, and looks at what is stored. */
  check(brokers: readonly string[]): Promise<void>
}

const keys = 40
const endMs = 60_000

export interface LoadOptions extends KafkaTransportOptions {
  /** @default 4 */
  readonly partitions?: number
}

/** A caller for each key, which sends its messages one after another, and again under the same id what is in doubt. */
export async function startLoad(url: string, { partitions = 4, ...options }: LoadOptions = {}): Promise<Load> {
  const topic = `load-${randomUUID()}`
  const transport = await openKafkaTransport(url, options)
  await transport.ensure({ topics: [{ name: topic, partitions }], groups: [] }).catch(async (error: unknown) => {
    await transport.close()
    throw error
  })
  const sent = new Map<string, number>()
  let isOver = false
  let confirmed = 0
  let gapMs = 0
  let at = performance.now()

  async function caller(key: string): Promise<void> {
    for (let n = 1; !isOver; n += 1) {
      await confirm(messageOf(topic, key, n))
      sent.set(key, n)
      confirmed += 1
      gapMs = Math.max(gapMs, performance.now() - at)
      at = performance.now()
    }
  }

  async function confirm(message: Outgoing): Promise<void> {
    for (;;) {
      const error: unknown = await transport.publish([message]).then(
        () => undefined,
        (failure: unknown) => failure,
      )
      if (error === undefined) return
      assert.ok(error instanceof PublishError, String(error))
      assert.deepEqual(error.refused, [])
      // As the relay does.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  const ended = Promise.all(Array.from({ length: keys }, (_, i) => caller(`k${i}`)))
  // A test that fails closes the transport under them.
  ended.catch(() => {})

  return {
    topic,
    transport,
    confirmed: () => confirmed,
    async untilMore(count) {
      const wanted = confirmed + count
      await until(`${count} more confirmations`, () => confirmed >= wanted)
    },
    longestGapMs: () => gapMs,
    async check(brokers) {
      isOver = true
      await ended
      const stored = new Map<string, string[]>()
      for (const { id, key } of await readTopic(brokers, topic)) stored.set(key, [...(stored.get(key) ?? []), id])
      for (const [key, last] of sent) assertKept(key, last, stored.get(key) ?? [])
    },
    async [Symbol.asyncDispose]() {
      isOver = true
      await transport.close()
    },
  }
}

/** Nothing is missing, and with repeats left out each stands before the next. */
function assertKept(key: string, last: number, ids: readonly string[]): void {
  const wanted = Array.from({ length: last }, (_, i) => `${key}-${i + 1}`)
  assert.deepEqual([...new Set(ids)].slice(0, last), wanted, `the messages of ${key}`)
}

function messageOf(topic: string, key: string, n: number): Outgoing {
  return { id: `${key}-${n}`, topic, key, headers: { 'ce-type': topic }, body: Buffer.from(JSON.stringify({ n })) }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + endMs; !(await holds()); ) {
    if (performance.now() > end) assert.fail(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
