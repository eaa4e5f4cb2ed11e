/** The bus's tables in PostgreSQL: made by several at once, never half, and an outbox that skips no transaction. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openPostgresStore, type PostgresStore } from '@vestnik/store-postgres'
import { memoryBroker } from '@vestnik/testing'
import { Client } from 'pg'
import { z } from 'zod'
import { command, type ScratchDatabase, scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { type Bus, contract, hasCode, on, openBus } from './index.ts'
import { outboxFor, type Part } from './outbox.ts'
import { adoptRestored } from './restored.ts'
import { migrate, schemaVersion } from './schema.ts'
import { sqlFor } from './sql.ts'
import type { Tx } from './store.ts'
import { systemPorts } from './system.ts'

const server = await sharedPostgres()
after(() => server[Symbol.asyncDispose]())
const timeout = 90_000
const sql = sqlFor('postgres')
const outbox = outboxFor(sql)

const noted = contract('note.written', {
  schema: z.object({ name: z.string() }),
  key: () => 'one',
  groups: [{ name: 'readers', order: 'key' }],
})

test('a message whose transaction commits late is sent, in the order of the positions', { timeout }, async () => {
  await using at = await openPair()
  const late = await begin(at.database)
  await insert(late, 'late')
  await at.publish('early')
  assert.deepEqual(await at.names(), [])
  await late.query('COMMIT')
  await late.end()
  await until(async () => (await at.names()).length === 2)
  assert.deepEqual(await at.names(), ['late', 'early'])
})

test('what a running transaction holds up is not lost to settled or a close', { timeout }, async () => {
  await using at = await openPair()
  const late = await begin(at.database)
  await insert(late, 'late')
  await at.publish('early')
  let settled = false
  const settling = at.bus.settled().then(() => {
    settled = true
  })
  await sleep(100)
  assert.equal(settled, false)
  await late.query('ROLLBACK')
  await late.end()
  await settling
  assert.deepEqual(await at.names(), ['early'])
})

test('rows of a transaction that runs are not taken, and those behind it are held up', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  const look = () => store.read(async (tx) => [(await outbox.take(tx)).batch.length, await outbox.look(tx)])
  assert.deepEqual(await look(), [0, 'nothing'])
  const late = await begin(database)
  await insert(late, 'late')
  await store.transaction((tx) => outbox.add(tx, row('early')))
  assert.deepEqual(await look(), [0, 'heldUp'])
  await late.query('COMMIT')
  await late.end()
  await until(async () => (await look())[0] === 2)
})

test('what waited for a lock never overtakes what its holder wrote, and holds up no other shard', {
  timeout,
}, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  // The waiting one is the oldest; a bystander began between it and the holder of the lock.
  const waiter = await begin(database)
  await insert(waiter, 'waiter', 'another')
  const bystander = await begin(database)
  await bystander.query('SELECT pg_current_xact_id()')
  await store.transaction((tx) => outbox.add(tx, row('holder')))
  await insert(waiter, 'waiter')
  await waiter.query('COMMIT')
  await waiter.end()
  const parts: readonly Part[] = [{}, { shards: Array.from({ length: 15 }, (_, i) => i + 1) }, { carries: () => true }]
  const look = (part: Part) =>
    store.read(async (tx) => (await outbox.take(tx, part)).batch.map(({ id, key }) => `${id} ${key}`))
  for (const part of parts) {
    await until(async () => (await look(part)).length > 0) // other transactions of this server end soon
    assert.deepEqual(await look(part), ['waiter another'])
  }
  assert.equal(await store.read((tx) => outbox.look(tx)), 'some')
  await bystander.query('COMMIT')
  await bystander.end()
  for (const part of parts) {
    await until(async () => (await look(part)).length === 3)
    assert.deepEqual(await look(part), ['waiter another', 'holder one', 'waiter one'])
  }
})

test('an outbox that was restored into another server is sent, in its order', { timeout }, async () => {
  const database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  const names = Array.from({ length: 30 }, (_, i) => `note ${i}`)
  await store.transaction((tx) => Promise.all(names.map((name) => outbox.add(tx, row(name)))))
  await restoreFrom(database, 'pos > 10')
  await using at = await openPair(database)
  await until(async () => (await at.names()).length === names.length)
  assert.deepEqual(await at.names(), names)
})

test('however many rows were restored, all of them can be taken', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  await fill(database, 1_400)
  await restoreFrom(database, 'pos % 100 > 3')
  await adoptRestored(store, sql)
  const first = async () => (await store.read((tx) => outbox.take(tx))).batch
  await until(async () => (await first()).length === 1_000) // other transactions of this server end soon
  assert.deepEqual(
    (await first()).map(({ pos }) => pos),
    Array.from({ length: 1_000 }, (_, i) => i + 1),
  )
})

test('several processes make the tables at once, and each finds them whole', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgresStore(database.url)))
  await Promise.all(stores.map((store) => migrate(store, systemPorts)))
  assert.deepEqual(await version(database), [{ version: schemaVersion }])
  for (const store of stores) await store.close()
})

test('a process that dies while it makes the tables leaves nothing half made', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  // Whoever looks into a table holds up those who would change it; the process is killed while it waits.
  await migrate(store, systemPorts)
  await command(database.url, 'ALTER TABLE vestnik_outbox DROP COLUMN shard; UPDATE vestnik_version SET version = 2')
  const looker = await begin(database)
  await looker.query('LOCK TABLE vestnik_version IN ACCESS EXCLUSIVE MODE')
  const making = migrate(store, systemPorts).catch(() => {})
  await until(async () => (await waiting(database)).length > 0)
  await command(database.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
  await looker.query('ROLLBACK')
  await looker.end()
  await making
  await migrate(store, systemPorts)
  assert.deepEqual(await version(database), [{ version: schemaVersion }])
  assert.equal(
    (await command(database.url, "SELECT 1 FROM pg_indexes WHERE indexname = 'vestnik_outbox_shard'")).length,
    1,
  )
})

test('tables of a newer bus are refused', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  await command(database.url, `UPDATE vestnik_version SET version = ${schemaVersion + 1}`)
  await assert.rejects(migrate(store, systemPorts), (error) => hasCode(error, 'NEWER_VERSION'))
})

test('a key that PostgreSQL cannot hold keeps no message from being handled', { timeout }, async () => {
  await using at = await openPair()
  await at.transport.publish([
    { id: 'm1', topic: noted.topic, key: 'a\0b', headers: {}, body: new TextEncoder().encode('{"name":"nul"}') },
  ])
  await until(async () => (await at.names()).includes('nul'))
})

test('the relay reads few rows of many that wait, and of few the statistics know nothing', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  await fill(database, 4_000)
  await command(database.url, "UPDATE vestnik_outbox SET state = 'aside'")
  await fill(database, 50_000)
  const carries = () => true
  for (const part of [{}, { shards: [1, 2, 3] }, { carries }, { carries, shards: [1, 2, 3] }]) {
    const plans = await store.read((tx) => plansOf(tx, (listening) => outbox.take(listening, part)))
    assert.match(plans, /Index Scan|Index Only Scan/)
    assert.equal(
      plans.match(/.*Seq Scan on vestnik_outbox.*|.*actual rows=([3-9]|\d{2})\d{3}.*|.*by Filter: \d{4}.*/)?.[0],
      undefined,
    )
  }
})

test('each row has the shard of its key, and one without a key that of its id', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  const { key: _, ...keyless } = row('one')
  await store.transaction(async (tx) => {
    for (const name of ['a', 'b', 'c']) await outbox.add(tx, row(name))
    await outbox.add(tx, keyless)
  })
  const take = async () => (await store.read((tx) => outbox.take(tx))).batch
  await until(async () => (await take()).length === 4) // other transactions of this server end soon
  const taken = await take()
  const [shard] = taken.map((one) => one.shard)
  assert.deepEqual(
    taken.map((one) => one.shard),
    [shard, shard, shard, shard],
  )
  const others = Array.from({ length: 16 }, (_, i) => i).filter((i) => i !== shard)
  const look = (shards: readonly number[]) => store.read(async (tx) => (await outbox.take(tx, { shards })).batch.length)
  assert.deepEqual([await look([shard ?? 0]), await look(others)], [4, 0])
})

test('one busy key fills a batch, also where there are several brokers', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  await fill(database, 1_500)
  await command(database.url, "UPDATE vestnik_outbox SET key = 'one'")
  const { batch } = await store.read((tx) => outbox.take(tx))
  const [first] = batch
  for (const carries of [() => true, undefined]) {
    const shards = Array.from({ length: 16 }, (_, i) => i).filter((i) => i === first?.shard || i < 14)
    const taken = await store.read((tx) => outbox.take(tx, { carries, shards }))
    assert.equal(taken.batch.length, 1_000)
  }
})

test('what is published in one turn is written together, in the order of the calls, whatever it holds', {
  timeout,
}, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  const odd = ['"', '\\', '{}', ',', 'NULL', 'null', '', ' a ', "'", 'é\n\t', '\\x41', 'k\0k']
  const rows = Array.from({ length: 1_200 }, (_, i) => {
    const { topic, headers } = row(`${i}`)
    const key = odd[i % (odd.length + 1)]
    const body = Uint8Array.from([i % 256, 0, 255, 34, 92, 123])
    const one = { id: `${i}`, topic, headers: { ...headers, odd: key ?? '' }, body, created: i, parks: i % 2 === 1 }
    return { ...one, ...(key !== undefined && { key }) }
  })
  let statements = 0
  await store.transaction(async (tx) => {
    const counting: Tx = {
      query(text, values) {
        statements += 1
        return tx.query(text, values)
      },
    }
    await Promise.all(rows.slice(0, -1).map((one) => outbox.add(counting, one)))
    for (const last of rows.slice(-1)) await outbox.add(counting, last) // of a turn of its own
  })
  assert.equal(statements, 4)
  const written = await command(database.url, 'SELECT * FROM vestnik_outbox ORDER BY pos')
  assert.deepEqual(
    written.map(({ id, topic, key, headers, body, created, parks, state }) => {
      return { id, topic, key, headers, body: Uint8Array.from(body as Buffer), created: Number(created), parks, state }
    }),
    rows.map(({ id, topic, key, headers, body, created, parks }) => {
      const storable = key?.replace('\0', '\u2400') ?? null
      return {
        id,
        topic,
        key: storable,
        headers: JSON.stringify(headers),
        body,
        created,
        parks: parks ? 1 : 0,
        state: 'new',
      }
    }),
  )
})

test('large messages of one turn are several statements', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await migrate(store, systemPorts)
  const body = new Uint8Array(700_000)
  await store.transaction(async (tx) => {
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => outbox.add(tx, { ...row(name), body })))
  })
  const written = await command(database.url, 'SELECT id, length(body) AS bytes FROM vestnik_outbox ORDER BY pos')
  assert.deepEqual(
    written,
    ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, bytes: 700_000 })),
  )
})

const fill = (database: ScratchDatabase, rows: number) =>
  command(
    database.url,
    `INSERT INTO vestnik_outbox (id, topic, key, headers, body, created, parks)
      SELECT i::text, 'note.written', 'k' || i, '{}', 'x', 0, 0 FROM generate_series(1, ${rows}) i`,
  )

/** As rows are after pg_dump and psql, when the old server had seen more transactions. */
const restoreFrom = (database: ScratchDatabase, which: string) =>
  command(
    database.url,
    `UPDATE vestnik_outbox SET xid = ((pg_current_xact_id()::text)::bigint + 1000000)::text::xid8 WHERE ${which}`,
  )

/** How the server runs the statements of a work, with what they really read. */
async function plansOf(tx: Tx, work: (tx: Tx) => Promise<unknown>): Promise<string> {
  const plans: string[] = []
  await work({
    async query(text, values) {
      const plan = await tx.query(`EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) ${text}`, values)
      plans.push(...plan.map((line) => String(line['QUERY PLAN'])))
      return tx.query(text, values)
    },
  })
  return plans.join('\n')
}

const row = (name: string, key = 'one') => ({
  id: name,
  topic: noted.topic,
  key,
  headers: { 'ce-source': 'writer', 'ce-type': noted.topic },
  body: new TextEncoder().encode(JSON.stringify({ name })),
  created: 0,
  parks: false,
})

/** A transaction of another program on the same database. */
async function begin(database: ScratchDatabase): Promise<Client> {
  const client = new Client(database.url)
  client.on('error', () => {})
  await client.connect()
  await client.query('BEGIN')
  return client
}

async function insert(client: Client, name: string, key?: string): Promise<void> {
  const tx = {
    query: async (text: string, values: readonly unknown[]) => (await client.query(text, [...values])).rows,
  }
  await outbox.add(tx, row(name, key))
}

const version = (database: ScratchDatabase) => command(database.url, 'SELECT version FROM vestnik_version')
const waiting = (database: ScratchDatabase) =>
  command(
    database.url,
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '${database.name}'`,
  )

interface Pair extends AsyncDisposable {
  readonly database: ScratchDatabase
  readonly bus: Bus
  readonly transport: ReturnType<ReturnType<typeof memoryBroker>['open']>
  publish(name: string): Promise<unknown>
  /** What took effect, in order. */
  names(): Promise<readonly string[]>
}

/** A service that reads what it publishes. */
async function openPair(given?: ScratchDatabase): Promise<Pair> {
  const database = given ?? (await scratchDatabase(server))
  const store: PostgresStore = await openPostgresStore(database.url)
  await store.transaction((tx) => tx.query('CREATE TABLE names (seq BIGSERIAL, name TEXT)', []))
  const transport = memoryBroker().open()
  const handler = on(noted, 'readers', async ({ name }, { tx }) => {
    await tx.query('INSERT INTO names (name) VALUES ($1)', [name])
  })
  const bus = await openBus({ service: 'writer', store, transport, handlers: [handler], publishes: [noted] })
  return {
    database,
    bus,
    transport,
    publish: (name) => store.transaction((tx) => bus.publish(tx, noted, { name })),
    async names() {
      const rows = await store.read((tx) => tx.query('SELECT name FROM names ORDER BY seq', []))
      return rows.map(({ name }) => String(name))
    },
    async [Symbol.asyncDispose]() {
      await bus.close()
      await transport.close()
      await store.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; !(await fact()); await sleep(5)) {
    assert.ok(performance.now() < end, `after 60 s it is still not so: ${fact}`)
  }
}
