/**
 * A load through the whole chain, outbox to inbox, while a test troubles the broker: two services with databases of
 * their own, messages of many keys, and an account of what took effect.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, contract, on, openBus, type Transport } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { z } from 'zod'

export interface Load extends AsyncDisposable {
  readonly topic: string
  readonly writer: Bus
  readonly reader: Bus
  /** How many messages have taken effect. */
  effects(): number
  /** How many deliveries were said to be repeated. */
  redelivered(): number
  /** Resolves with the milliseconds until messages take effect again. */
  untilFlowing(): Promise<number>
  /** Resolves when what has been published until now has taken effect. */
  untilCaughtUp(patienceMs?: number): Promise<void>
  /** Ends the load; each message has then taken effect once, and each key in order. */
  settle(patienceMs?: number): Promise<void>
}

const keys = 20
const batch = 10
const pauseMs = 10
let loads = 0

/** How each of both services comes to its broker. */
export interface Ways {
  readonly writer: () => Promise<Transport>
  readonly reader: () => Promise<Transport>
  /** Makes the places, where the services are not to do it. */
  readonly maker?: Transport
}

/** Opens both services, and publishes until it is told to settle. */
export async function startLoad({ writer: openWriter, reader: openReader, maker }: Ways): Promise<Load> {
  loads += 1
  const topic = `load-${process.pid}-${loads}`
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-load-'))
  const numbered = contract(topic, {
    schema: z.object({ key: z.string(), place: z.int() }),
    key: ({ key }) => key,
    groups: ['readers'],
    partitions: 4,
    // On a crowded machine a transaction may take too long: that is not to hold up the account for minutes.
    retry: { attempts: 50, firstDelayMs: 20, maxDelayMs: 200 },
  })
  await maker?.ensure({
    topics: [{ name: topic, partitions: 4 }],
    groups: [{ topic, name: 'readers', order: 'key', concurrency: 16 }],
  })
  // What was opened is closed when something fails on the way.
  await using opening = new AsyncDisposableStack()
  opening.defer(() => rm(folder, { recursive: true }))
  const opened = async (name: string, open: () => Promise<Transport>, spy: (own: Transport) => Transport) => {
    const store = await openSqliteStore(join(folder, `${name}.db`))
    opening.defer(() => store.close())
    const transport = await open()
    opening.defer(() => transport.close())
    return { store, transport: spy(transport), service: name, log: () => {} }
  }

  const places = new Map<string, number>()
  let published = 0
  let effects = 0
  let redelivered = 0
  let loading = true
  const reading = await opened('reader', openReader, (own) => ({
    ...own,
    subscribe: (group, deliver) =>
      own.subscribe(group, (message, signal) => {
        if (message.redelivered) redelivered += 1
        return deliver(message, signal)
      }),
  }))
  await reading.store.transaction((tx) => tx.query('CREATE TABLE effects (key TEXT, place INTEGER)', []))
  const keep = on(numbered, 'readers', async ({ key, place }, { tx }) => {
    await tx.query('INSERT INTO effects (key, place) VALUES (?, ?)', [key, place])
  })
  const reader = await openBus({ ...reading, handlers: [keep] })
  opening.use(reader)
  const writer = await openBus({ ...(await opened('writer', openWriter, (own) => own)), publishes: [numbered] })
  opening.use(writer)
  const unwatch = reading.store.watch(() => void count())
  opening.defer(() => unwatch())

  async function count(): Promise<void> {
    const [row] = await reading.store.read((tx) => tx.query('SELECT count(*) AS count FROM effects', []))
    effects = Number(row?.count)
  }

  async function publish(): Promise<void> {
    await writer.store.transaction(async (tx) => {
      for (let i = 0; i < batch; i += 1) {
        const key = `k${(published + i) % keys}`
        await writer.publish(tx, numbered, { key, place: (places.get(key) ?? 0) + 1 })
        places.set(key, (places.get(key) ?? 0) + 1)
      }
    })
    published += batch
  }

  const loaded = (async () => {
    for (; loading; await sleep(pauseMs)) await publish()
  })()

  async function until(what: string, patienceMs: number, fact: () => boolean): Promise<void> {
    const end = performance.now() + patienceMs
    for (; !fact(); await sleep(5)) {
      await count()
      if (performance.now() < end) continue
      const health = JSON.stringify([writer.health(), reader.health(), await whereTheRestIs()])
      assert.fail(`waited ${patienceMs} ms for ${what}: ${effects} of ${published} took effect; ${health}`)
    }
  }

  async function whereTheRestIs(): Promise<unknown> {
    const [outbox] = await writer.store.read((tx) => tx.query('SELECT count(*) AS count FROM vestnik_outbox', []))
    const states = 'SELECT state, count(*) AS count FROM vestnik_inbox GROUP BY state'
    return { outbox: outbox?.count, inbox: await reading.store.read((tx) => tx.query(states, [])) }
  }

  opening.defer(async () => {
    loading = false
    await loaded
  })
  await until('the first effects', 15_000, () => effects > 100)
  const all = opening.move()
  return {
    topic,
    writer,
    reader,
    effects: () => effects,
    redelivered: () => redelivered,
    async untilFlowing() {
      const since = performance.now()
      await count()
      const before = effects
      await until('new effects', 30_000, () => effects > before)
      return performance.now() - since
    },
    async untilCaughtUp(patienceMs = 60_000) {
      const goal = published
      await until('what was published', patienceMs, () => effects >= goal)
    },
    async settle(patienceMs = 60_000) {
      loading = false
      await loaded
      await until('all effects', patienceMs, () => effects >= published)
      const rows = await reading.store.read((tx) => tx.query('SELECT key, place FROM effects ORDER BY rowid', []))
      assert.equal(rows.length, published, 'each message has one effect')
      const last = new Map<unknown, number>()
      for (const { key, place } of rows) {
        assert.equal(place, (last.get(key) ?? 0) + 1, `${key} is in order`)
        last.set(key, Number(place))
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
