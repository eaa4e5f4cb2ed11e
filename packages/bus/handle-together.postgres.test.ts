/** Messages that are handled in one transaction on PostgreSQL: as if each had had its own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { memoryTransport } from '@vestnik/testing'
import { z } from 'zod'
import {
  type ScratchDatabase,
  type SharedPostgres,
  scratchDatabase,
  sharedPostgres,
} from '../../tools/databases/postgres.ts'
import { openWithin } from '../store-postgres/store.ts'
import { BusError } from './errors.ts'
import { inboxFor } from './inbox.ts'
import { inboxTogetherFor } from './inbox-together.ts'
import {
  type Bus,
  contract,
  type OnContext,
  type Outgoing,
  on,
  openBus,
  permanent,
  type Store,
  type Transport,
} from './index.ts'
import { placesOf } from './place.ts'
import { migrate } from './schema.ts'
import { sqlFor } from './sql.ts'
import type { Tx } from './store.ts'
import { systemPorts } from './system.ts'

const timeout = 120_000
let server: SharedPostgres
/** A machine with much else to do breaks nothing. */
const patient = { works: 200, commitMs: 5, workMs: 20_000, sharedLockMs: 2_000, lockMs: 10_000, awayMs: 30_000 }
const open = (url: string, limits = patient) => openWithin(limits, url, { patienceMs: 60_000, schema: 'public' })

before(async () => {
  server = await sharedPostgres()
})

after(() => server[Symbol.asyncDispose]())

const schema = z.object({ name: z.string() })
// So long that what stands behind it would overtake it, if it could.
const retry = { attempts: 3, firstDelayMs: 1_500, maxDelayMs: 1_500 }
const keyed = { schema, key: ({ name }: { name: string }) => name.slice(0, 1), groups: ['ear'] } as const
const ordered = contract('word.said', { ...keyed, retry })
/** A start that is counted makes it dead. */
const strict = contract('word.once', { ...keyed, retry: { ...retry, attempts: 1 } })
const unordered = contract('word.heard', { schema, groups: [{ name: 'ear', order: 'none' }], retry })
const words = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}: ${i}`)
/** Of keys of their own, so that all of them come at once. */
const names = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `${letter}1`)

test('the one that fails leaves nothing, is started as often as its attempts, and keeps back no other', {
  timeout,
}, async () => {
  await using at = await openEar(ordered, ({ name }) => {
    if (name === 'k1') throw permanent('not this one')
  })
  await at.say(...names)
  await at.bus.settled()
  assert.deepEqual(
    (await at.heard()).toSorted(),
    names.filter((name) => name !== 'k1'),
  )
  assert.equal(at.starts.filter((name) => name === 'k1').length, 1)
  assert.deepEqual(
    (await at.bus.operations.listDead()).map(({ key }) => key),
    ['k'],
  )
})

test('each that fails at first is tried again, and all take effect once', { timeout }, async () => {
  const failed = new Set<string>()
  await using at = await openEar(ordered, ({ name }) => {
    if (name < 'd' && name.endsWith('1') && !failed.has(name)) {
      failed.add(name)
      throw new Error(`${name} fails once`)
    }
  })
  const more = ['a2', 'b2', 'c2', 'y2', 'z2']
  await at.say(...names, ...more)
  await at.bus.settled()
  const heard = await at.heard()
  assert.deepEqual(heard.toSorted(), [...names, ...more].toSorted())
  for (const key of ['a', 'b', 'c']) {
    assert.deepEqual(
      heard.filter((name) => name.startsWith(key)),
      [`${key}1`, `${key}2`],
    )
  }
})

test('a message that comes several times at once has one effect', { timeout }, async () => {
  await using at = await openEar(unordered)
  await at.transport.publish(
    ['w1', 'w2', 'w1', 'w3', 'w2', 'w1'].map((name) => ({ ...fromPeer(name), topic: unordered.topic })),
  )
  await until(async () => new Set(await at.heard()).size === 3)
  await at.say('last')
  await at.bus.settled()
  assert.deepEqual((await at.heard()).toSorted(), ['last', 'w1', 'w2', 'w3'])
})

test('of a handler that takes too long the others are not worn out', { timeout }, async () => {
  await using at = await openEar(ordered, async (_, { tx }) => void (await tx.query('SELECT pg_sleep(0.06)', [])))
  await at.say(...names)
  await at.bus.settled()
  assert.deepEqual((await at.heard()).toSorted(), names)
  assert.deepEqual(at.starts.toSorted(), names)
})

test('who swallows the error of a statement is the one that failed, not who comes behind', { timeout }, async () => {
  await using at = await openEar(strict, async ({ name }, { tx }) => {
    if (name === 'a1') await tx.query('SELECT 1 / 0', []).catch(() => {})
  })
  await at.behindSlow([fromPeer('a1'), fromPeer('b1'), fromPeer('c1')])
  await at.ended(4)
  assert.deepEqual((await at.heard()).toSorted(), ['b1', 'c1', 'slow'])
  assert.deepEqual(await at.dead(), ['a: 1 attempt failed'])
})

test('a work that is called again is not told as done what a handler of its first call ends meanwhile', {
  timeout,
}, async () => {
  const inTheWay = "DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = 'serialization_failure'; END $$"
  const released = Promise.withResolvers<void>()
  const starts = new Map<string, number>()
  await using at = await openEar(
    ordered,
    async ({ name }, { tx }) => {
      const start = (starts.get(name) ?? 0) + 1
      starts.set(name, start)
      // Until its work is given up, and called again because of the error.
      if (name === 'b1' && start === 1) await tx.query(inTheWay, []).catch(() => released.promise)
      if (name !== 'a1' || start === 1) return
      released.resolve()
      await sleep(100) // so that b1 is not started behind it
    },
    { limits: { ...patient, workMs: 2_000 } },
  )
  await at.behindSlow([fromPeer('a1'), fromPeer('b1')])
  await at.ended(3)
  assert.deepEqual((await at.heard()).toSorted(), ['a1', 'b1', 'slow'])
})

test('a handler that began late, because others had its key, has the time of a work for itself', {
  timeout,
}, async () => {
  await using database = await scratchDatabase(server)
  await using other = await open(database.url)
  let starts = 0
  await using at = await openEar(
    strict,
    ({ name }) => {
      if (name !== 'a1') return
      starts += 1
      if (starts === 1) throw new BusError('TX_TOO_SLOW', 'as the store says it of a work')
    },
    { database, limits: { ...patient, sharedLockMs: 20_000 } },
  )
  const locked = Promise.withResolvers<void>()
  const locking = other.transaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('${strict.topic} ear a', 0))`, [])
    locked.resolve()
    const blocked = 'SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))'
    await until(async () => (await tx.query(blocked, [])).length > 0)
    await sleep(300)
  })
  await locked.promise
  await at.behindSlow([fromPeer('a1'), fromPeer('b1')])
  await locking
  await at.ended(3)
  await until(async () => (await at.heard()).length === 3)
  assert.deepEqual((await at.heard()).toSorted(), ['a1', 'b1', 'slow'])
  assert.deepEqual([starts, await at.dead()], [2, []])
})

test('a message that expires while it waits for others is not handled', { timeout }, async () => {
  await using at = await openEar(strict)
  const expires = Date.now() + 500
  const mortal = fromPeer('b1')
  const headers = { ...mortal.headers, 'ce-expirytime': new Date(expires).toISOString() }
  await at.behindSlow([fromPeer('a1'), { ...mortal, headers }], async () => {
    while (Date.now() <= expires) await sleep(10)
  })
  await at.ended(3)
  assert.deepEqual((await at.heard()).toSorted(), ['a1', 'slow'])
  assert.ok(!at.starts.includes('b1'))
  assert.deepEqual(await at.dead(), ['b: expired'])
})

test('handlers that only wait for the answer to what they sent are under way at once', { timeout }, async () => {
  let ended = 0
  let most = 0
  await using at = await openEar(unordered, () => {
    most = Math.max(most, at.starts.length - ended)
    ended += 1
  })
  // A machine that stands still makes handlers seem slow, and slow ones wait for each other.
  for (let tries = 0; most < 2 && tries < 20; tries += 1) {
    await at.say(...words(`try ${tries}`, 100))
    await at.bus.settled()
  }
  assert.ok(most > 1)
  assert.equal(new Set(await at.heard()).size, ended)
  assert.equal((await at.heard()).length, ended)
})

test('for the database they run one after another, also when they come back for more', { timeout }, async () => {
  await using at = await openEar(unordered, async ({ name }, { tx }) => {
    if (!name.startsWith('calm')) await tx.query('INSERT INTO heard (name) VALUES ($1)', [`${name} again`])
  })
  for (const round of [1, 2, 3]) {
    await at.say(...words(`calm ${round}`, 100), ...words(`both ${round}`, 50))
    await at.bus.settled()
  }
  const heard = await at.heard()
  assert.equal(new Set(heard).size, 3 * (100 + 2 * 50))
  assert.equal(heard.length, 3 * (100 + 2 * 50))
  for (const [i, name] of heard.entries()) {
    if (name.startsWith('both') && !name.endsWith('again')) assert.equal(heard[i + 1], `${name} again`)
  }
})

test('who comes back behind another and swallows what it is told has not been handled', { timeout }, async () => {
  await using at = await openEar(unordered, async ({ name }, { tx }) => {
    if (name.startsWith('calm')) return
    await tx.query('INSERT INTO heard (name) VALUES ($1)', [`${name} again`]).catch(() => {})
  })
  for (const round of [1, 2, 3]) {
    await at.say(...words(`calm ${round}`, 100), ...words(`both ${round}`, 50))
    await at.bus.settled()
  }
  assert.equal(new Set(await at.heard()).size, 3 * (100 + 2 * 50))
})

test('a handler that leaves a statement for after its end keeps nobody for ever', { timeout }, async () => {
  await using at = await openEar(ordered, (_, { tx }) => {
    const later = tx.query('SELECT pg_sleep(0.02)', []).then(() => tx.query('SELECT 1', []))
    later.catch(() => {}) // it is refused, or not
  })
  await at.say(...names)
  await at.bus.settled()
  assert.deepEqual((await at.heard()).toSorted(), names)
})

test('of those under way at once, the one that fails leaves nothing and keeps back no other', { timeout }, async () => {
  await using at = await openEar(unordered, ({ name }) => {
    if (name.startsWith('bad')) throw permanent('not this one')
  })
  const good = words('good', 200)
  await at.say(...good.slice(0, 100), 'bad 1', ...good.slice(100, 150), 'bad 2', ...good.slice(150))
  await at.bus.settled()
  assert.deepEqual((await at.heard()).toSorted(), good.toSorted())
  assert.equal((await at.dead()).length, 2)
})

test('a message that is handled alone locks its key, the same as those that are handled together', {
  timeout,
}, async () => {
  await using database = await scratchDatabase(server)
  await using one = await open(database.url)
  await using other = await open(database.url)
  await migrate(one, systemPorts)
  const sql = sqlFor('postgres')
  const [place] = placesOf([on(ordered, 'ear', () => {})])
  assert.ok(place)
  const tryIt = `SELECT pg_try_advisory_xact_lock(hashtextextended('${ordered.topic} ear a', 0)) AS free`
  const isFree = async () => (await other.transaction((tx) => tx.query(tryIt, [])))[0]?.free === 1
  const message = { source: 'peer', id: 'a1', lane: 'a' }
  for (const lock of [
    (tx: Tx) => inboxFor(sql).lock(tx, { ...place, ...message }, 'a'),
    (tx: Tx) => inboxTogetherFor(sql).lockAndSift(tx, place, [message]),
  ]) {
    await one.transaction(async (tx) => {
      assert.equal(await isFree(), true)
      await lock(tx)
      assert.equal(await isFree(), false)
    })
  }
})

for (const [how, first, second] of [
  ['together', ['a1', 'b1', 'a2', 'b2', 'a3'], ['a4', 'b4', 'a5', 'b5', 'a6']],
  ['alone', ['a1', 'a2', 'a3'], ['a4', 'a5', 'a6']],
] as const) {
  test(`two instances that handle messages ${how} never have one key at once`, { timeout }, () => count(first, second))
}

async function count(first: readonly string[], second: readonly string[]): Promise<void> {
  await using database = await scratchDatabase(server)
  // Each reads what is there, waits, and writes one more: what another wrote meanwhile would be lost.
  const handle = async ({ name }: { name: string }, { tx }: OnContext) => {
    const [row] = await tx.query('SELECT coalesce(max(n), 0) AS n FROM counts WHERE key = $1', [name.slice(0, 1)])
    await tx.query('SELECT pg_sleep(0.02)', [])
    await tx.query('INSERT INTO counts (key, n) VALUES ($1, $2)', [name.slice(0, 1), Number(row?.n) + 1])
  }
  await using one = await openEar(ordered, handle, { database })
  await using other = await openEar(ordered, handle, { database })
  // Brokers of their own: as after a take-over, when both still have messages of the key.
  await Promise.all([one.transport.publish(first.map(fromPeer)), other.transport.publish(second.map(fromPeer))])
  await until(async () => (await one.heard()).length === first.length + second.length)
  const rows = await one.store.read((tx) =>
    tx.query('SELECT key, max(n) AS n, count(*) AS times FROM counts GROUP BY key', []),
  )
  for (const { key, n, times } of rows) assert.equal(n, times, `key ${key} was counted twice at once`)
}

interface Ear extends AsyncDisposable {
  readonly bus: Bus
  readonly store: Store
  readonly transport: Transport
  /** Each start of the handler. */
  readonly starts: readonly string[]
  /** Publishes all of them in one transaction. */
  say(...words: readonly string[]): Promise<void>
  /** Has them come while the handler of `slow` runs, so that they are handled together as soon as it has ended. */
  behindSlow(messages: readonly Outgoing[], meanwhile?: () => Promise<void>): Promise<void>
  /** What took effect, in order. */
  heard(): Promise<readonly string[]>
  /** The keys of the dead, and why they are. */
  dead(): Promise<readonly string[]>
  /** Resolves when so many have taken effect or are dead. */
  ended(count: number): Promise<void>
}

interface EarOptions {
  readonly database?: ScratchDatabase
  readonly limits?: typeof patient
}

type Handle = (word: { name: string }, context: OnContext) => Promise<void> | void

/** A service that hears what it says, over a broker of its own. */
async function openEar(
  given: typeof ordered | typeof strict | typeof unordered,
  handle: Handle = () => {},
  { database: shared, limits = patient }: EarOptions = {},
): Promise<Ear> {
  const database = shared ?? (await scratchDatabase(server))
  const store = await open(database.url, limits)
  await store.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('tables of the test', 0))", [])
    await tx.query('CREATE TABLE IF NOT EXISTS heard (seq BIGSERIAL, name TEXT)', [])
    await tx.query('CREATE TABLE IF NOT EXISTS counts (key TEXT, n BIGINT)', [])
  })
  const transport = memoryTransport()
  const starts: string[] = []
  const slow = { began: Promise.withResolvers<void>(), mayEnd: Promise.withResolvers<void>() }
  const handler = on<{ name: string }, 'ear'>(given, 'ear', async (word, context) => {
    starts.push(word.name)
    if (word.name === 'slow') {
      slow.began.resolve()
      await slow.mayEnd.promise
    }
    await context.tx.query('INSERT INTO heard (name) VALUES ($1)', [word.name])
    await handle(word, context)
  })
  const bus = await openBus({ service: 'mouth', store, transport, handlers: [handler], publishes: [given] })
  const heard = async () => {
    const rows = await store.read((tx) => tx.query('SELECT name FROM heard ORDER BY seq', []))
    return rows.map(({ name }) => String(name))
  }
  const dead = async () => (await bus.operations.listDead()).map(({ key, reason }) => `${key}: ${reason}`)
  return {
    bus,
    store,
    transport,
    starts,
    heard,
    dead,
    ended: (count) => until(async () => (await heard()).length + (await dead()).length === count),
    say: (...words) =>
      store.transaction(async (tx) => {
        for (const name of words) await bus.publish(tx, given, { name })
      }),
    async behindSlow(messages, meanwhile) {
      await transport.publish([{ ...fromPeer('slow'), topic: given.topic }])
      await slow.began.promise
      await transport.publish(messages.map((message) => ({ ...message, topic: given.topic })))
      await nextTurn() // nothing is waited for on their way to the handler but promises
      await meanwhile?.()
      slow.mayEnd.resolve()
    },
    async [Symbol.asyncDispose]() {
      await bus.close()
      await transport.close()
      await store.close()
      if (!shared) await database[Symbol.asyncDispose]()
    },
  }
}

/** As it is at the broker. */
const fromPeer = (name: string): Outgoing => ({
  id: name,
  topic: ordered.topic,
  key: name.slice(0, 1),
  headers: { 'ce-source': 'peer' },
  body: new TextEncoder().encode(JSON.stringify({ name })),
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  const late = AbortSignal.timeout(60_000)
  while (!(await holds())) {
    late.throwIfAborted()
    await sleep(10)
  }
}
