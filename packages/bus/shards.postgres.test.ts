/** Several instances of one service relay its outbox: they share it, keep each key's order, and follow one that dies. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openPostgresStore } from '@vestnik/store-postgres'
import { type TestClock, testClock, watchWork } from '@vestnik/testing'
import { command, type ScratchDatabase, scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import type { Bus } from './bus.ts'
import { BusError, PublishError } from './errors.ts'
import { outboxFor } from './outbox.ts'
import { migrate } from './schema.ts'
import { leaseMs } from './shards.ts'
import { sqlFor } from './sql.ts'
import { systemPorts } from './system.ts'
import { type ByHand, handTransport, noteContract, openByHand } from './test/by-hand.ts'

const server = await sharedPostgres()
after(() => server[Symbol.asyncDispose]())
const timeout = 220_000
const contract = noteContract()
const keys = Array.from({ length: 24 }, (_, i) => `key ${i}`)

for (const count of [2, 3]) {
  test(`${count} instances share what waits, in the order of each key, and send nothing twice`, {
    timeout,
  }, async () => {
    await using at = await openInstances(count)
    const senders = () => new Set(at.log.slice(-200).map(({ by }) => by)).size
    // The first has all of it, until it hears of the others.
    await at.writeUntil(() => senders() === count)
    await at.drain()
    assert.deepEqual(
      at.log.map(({ n }) => n).sort((a, b) => a - b),
      range(at.written()),
    )
    assert.deepEqual(outOfOrder(at.log), [])
  })
}

test('what one that hangs had is sent by the other soon, in its order', { timeout }, async () => {
  await using at = await openInstances(2)
  const [one, two] = at.instances as [ByHand, ByHand]
  await at.writeUntil(() => new Set(at.log.slice(-200).map(({ by }) => by)).size === 2)
  let hangs = false
  one.transport.answer = () => {
    hangs = true
    return new Promise(() => {})
  }
  await at.writeUntil(() => hangs)
  const missing = () => at.written() - new Set(at.log.map(({ n }) => n)).size
  await at.write()
  await at.passUntil(() => missing() === 0)
  assert.deepEqual(outOfOrder(at.log), [])
  assert.equal(two.bus.health().ready, true)
})

test('where each batch takes longer than a lease, what waits is sent all the same', { timeout }, async () => {
  await using at = await openInstances(2)
  const tried = () => at.instances.reduce((sum, { transport }) => sum + transport.batches.length, 0)
  for (const { transport } of at.instances) {
    const { answer } = transport
    transport.answer = async (messages) => {
      await at.clock.sleep(leaseMs * 1.5)
      await answer(messages)
    }
  }
  await at.write()
  await at.passUntil(() => tried() >= 2)
  await at.write()
  const waiting = () => (at.instances[0] as ByHand).rows('SELECT 1 FROM vestnik_outbox LIMIT 1')
  await at.passUntil(async () => (await waiting()).length === 0 || tried() > 40)
  assert.deepEqual(await waiting(), [])
  assert.deepEqual(
    [...new Set(at.log.map(({ n }) => n))].sort((a, b) => a - b),
    range(at.written()),
  )
  assert.deepEqual(outOfOrder(at.log), [])
})

test('one that wakes up after another has taken over changes nothing of what is the other’s now', {
  timeout,
}, async () => {
  await using at = await openInstances(2)
  const [one, two] = at.instances as [ByHand, ByHand]
  const stopped = Promise.withResolvers<void>()
  let taken: readonly string[] = []
  let isAway = true
  for (const hand of [one, two]) {
    hand.transport.answer = async (messages) => {
      if (taken.length > 0 && isAway) throw new BusError('BROKER_UNREACHABLE', 'nobody answers')
      if (taken.length > 0) return
      taken = messages.map(({ id }) => id)
      await stopped.promise
      throw new PublishError('refused', {
        doubtful: [],
        refused: taken.map((id) => ({ id, code: 'BODY_TOO_LARGE' as const })),
      })
    }
  }
  await at.write()
  await at.passUntil(() => taken.length > 0)
  const tried = () => one.transport.batches.length + two.transport.batches.length
  await at.passUntil(() => tried() > 2)
  stopped.resolve()
  await at.passUntil(() => tried() > 8)
  const states = () => one.rows('SELECT DISTINCT state FROM vestnik_outbox')
  assert.deepEqual(await states(), [{ state: 'new' }])
  isAway = false
  await at.drain()
})

test('of three processes one is killed and one stopped: the third sends all, and the stopped one joins again', {
  timeout,
}, async () => {
  await using at = await openProcesses(['anna', 'bert', 'carl'])
  const senders = async () =>
    (await at.query('SELECT DISTINCT by FROM (SELECT by FROM log ORDER BY seq DESC LIMIT 200) t')).length
  await at.writeUntil(async () => (await senders()) === 3)
  at.children[0]?.kill('SIGKILL')
  at.children[1]?.kill('SIGSTOP')
  await at.write()
  await at.until(async () => (await at.query('SELECT 1 FROM vestnik_outbox LIMIT 1')).length === 0)
  const [last] = await at.query('SELECT max(seq)::int AS seq FROM log')
  at.children[1]?.kill('SIGCONT')
  await at.writeUntil(
    async () => (await at.query(`SELECT 1 FROM log WHERE by = 'bert' AND seq > ${last?.seq} LIMIT 1`)).length > 0,
  )
  await at.until(async () => (await at.query('SELECT 1 FROM vestnik_outbox LIMIT 1')).length === 0)
  const log = (await at.query('SELECT n, key, by FROM log ORDER BY seq')) as unknown as Sent[]
  assert.deepEqual(
    [...new Set(log.map(({ n }) => n))].sort((a, b) => a - b),
    range(at.written()),
  )
  assert.deepEqual(outOfOrder(log), [])
})

interface Sent {
  readonly n: number
  readonly key: string
  readonly by: string
}

const range = (count: number) => Array.from({ length: count }, (_, n) => n)

/** Notes that were first sent behind a later one of their key. */
function outOfOrder(log: readonly Sent[]): readonly Sent[] {
  const last = new Map<string, number>()
  const seen = new Set<number>()
  return log.filter((sent) => {
    if (seen.has(sent.n)) return false
    seen.add(sent.n)
    const before = last.get(sent.key) ?? -1
    last.set(sent.key, Math.max(before, sent.n))
    return sent.n < before
  })
}

interface Instances extends AsyncDisposable {
  readonly clock: TestClock
  readonly instances: readonly ByHand[]
  /** What the broker holds, in order. */
  readonly log: readonly Sent[]
  readonly written: () => number
  /** One note of each key. */
  write(): Promise<void>
  writeUntil(fact: () => boolean): Promise<void>
  passUntil(fact: () => boolean | Promise<boolean>): Promise<void>
  drain(): Promise<void>
}

/** Instances on one database, under one clock that stands still while anything is under way in it. */
async function openInstances(count: number): Promise<Instances> {
  const database = await scratchDatabase(server)
  const watched = await Promise.all(range(count).map(async () => watchWork(await openPostgresStore(database.url))))
  const clock = testClock(undefined, () => watched.some(({ idle }) => !idle()))
  const log: Sent[] = []
  const instances: ByHand[] = []
  for (const [i, { store }] of watched.entries()) {
    const transport = handTransport()
    transport.answer = async (messages) => {
      await clock.sleep(30) // so that something waits whenever another looks
      for (const { body } of messages) log.push({ ...JSON.parse(new TextDecoder().decode(body)), by: `instance ${i}` })
    }
    instances.push(await openByHand({ store, clock, transport, publishes: [contract] }))
  }
  const [first] = instances as [ByHand]
  let n = 0
  const at: Instances = {
    clock,
    instances,
    log,
    written: () => n,
    write: () =>
      first.store.transaction(async (tx) => {
        const from = n
        for (const [i, key] of keys.entries()) await (first.bus as Bus).publish(tx, contract, { n: from + i, key })
        n = from + keys.length
      }),
    writeUntil: (fact) =>
      until(fact, async () => {
        await at.write()
        await clock.advance(50)
      }),
    passUntil: (fact) => until(fact, () => clock.advance(50)),
    async drain() {
      const waiting = () => first.rows('SELECT 1 FROM vestnik_outbox LIMIT 1')
      await until(
        async () => (await waiting()).length === 0,
        () => clock.advance(50),
      )
    },
    async [Symbol.asyncDispose]() {
      for (const { store } of watched) await store.close()
      await database[Symbol.asyncDispose]()
    },
  }
  return at
}

interface Processes extends AsyncDisposable {
  readonly children: readonly ChildProcess[]
  readonly written: () => number
  query(sql: string): ReturnType<typeof command>
  write(): Promise<void>
  writeUntil(fact: () => Promise<boolean>): Promise<void>
  until(fact: () => Promise<boolean>): Promise<void>
}

async function openProcesses(names: readonly string[]): Promise<Processes> {
  const database: ScratchDatabase = await scratchDatabase(server)
  const store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  await command(database.url, 'CREATE TABLE log (seq BIGSERIAL PRIMARY KEY, id TEXT, key TEXT, n INTEGER, by TEXT)')
  const outbox = outboxFor(sqlFor('postgres'))
  const program = join(import.meta.dirname, 'test', 'relay-process.ts')
  const children = names.map((name) => fork(program, [database.url, name]))
  await Promise.all(children.map((child) => once(child, 'message')))
  let n = 0
  const at: Processes = {
    children,
    written: () => n,
    query: (sql) => command(database.url, sql),
    write: () =>
      store.transaction(async (tx) => {
        const from = n
        for (const [i, key] of keys.entries()) {
          const body = new TextEncoder().encode(JSON.stringify({ n: from + i, key }))
          await outbox.add(tx, {
            id: `${from + i}`,
            topic: contract.topic,
            key,
            headers: {},
            body,
            created: 0,
            parks: false,
          })
        }
        n = from + keys.length
      }),
    writeUntil: (fact) =>
      until(fact, async () => {
        await at.write()
        await sleep(50)
      }),
    until: (fact) => until(fact, () => sleep(50)),
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL')
      await store.close()
      await database[Symbol.asyncDispose]()
    },
  }
  return at
}

async function until(fact: () => boolean | Promise<boolean>, pass: () => Promise<unknown>): Promise<void> {
  for (const end = performance.now() + 100_000; !(await fact()); await pass()) {
    assert.ok(performance.now() < end, `after 100 s it is still not so: ${fact}`)
  }
}
