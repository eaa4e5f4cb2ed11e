import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { on, openBus, type Row, type Tx } from '@vestnik/bus'
import { openPostgresStore } from '@vestnik/store-postgres'
import { memoryTransport } from '@vestnik/testing'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import knex from 'knex'
import { Kysely, PostgresDialect } from 'kysely'
import { Client, Pool } from 'pg'
import { type SharedPostgres, scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { orderPlaced } from './orders.ts'
import { txOfDrizzle } from './tx-of-drizzle.ts'
import { txOfKnex } from './tx-of-knex.ts'
import { txOfKysely } from './tx-of-kysely.ts'
import { txOfPg } from './tx-of-pg.ts'
import { type PrismaTransaction, txOfPrisma } from './tx-of-prisma.ts'

/** Writes an order and its message in one transaction of the library, which the caller may then let fail. */
type Place = (publish: (tx: Tx) => Promise<string>, id: number, fail: boolean) => Promise<void>

interface Library {
  readonly place: Place
  readonly close: () => Promise<unknown>
}

const changedItsMind = (fail: boolean): void => {
  if (fail) throw new Error('changed its mind')
}

const libraries: Record<string, (url: string) => Promise<Library>> = {
  async pg(url) {
    const client = new Client(url)
    await client.connect()
    const inTransaction = onClient(client)
    return {
      place: (publish, id, fail) =>
        inTransaction(async () => {
          await client.query('INSERT INTO orders VALUES ($1)', [id])
          await publish(txOfPg(client))
          changedItsMind(fail)
        }),
      close: () => client.end(),
    }
  },
  async Kysely(url) {
    const pool = new Pool({ connectionString: url })
    const db = new Kysely<{ orders: { id: number } }>({ dialect: new PostgresDialect({ pool }) })
    return {
      place: (publish, id, fail) =>
        db.transaction().execute(async (trx) => {
          await trx.insertInto('orders').values({ id }).execute()
          await publish(txOfKysely(trx))
          changedItsMind(fail)
        }),
      close: () => db.destroy(),
    }
  },
  async Knex(url) {
    const db = knex({ client: 'pg', connection: url })
    return {
      place: (publish, id, fail) =>
        db.transaction(async (trx) => {
          await trx('orders').insert({ id })
          await publish(txOfKnex(trx))
          changedItsMind(fail)
        }),
      close: () => db.destroy(),
    }
  },
  async Drizzle(url) {
    const pool = new Pool({ connectionString: url })
    const db = drizzle(pool)
    return {
      place: (publish, id, fail) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`INSERT INTO orders (id) VALUES (${id})`)
          await publish(txOfDrizzle(async (query) => (await tx.execute(query)).rows as Row[]))
          changedItsMind(fail)
        }),
      close: () => pool.end(),
    }
  },
  // Its engine is a binary that is not installed here: what it promises of this function, done with pg.
  async 'what looks like Prisma'(url) {
    const client = new Client(url)
    await client.connect()
    const inTransaction = onClient(client)
    const prisma: PrismaTransaction = {
      $queryRawUnsafe: async <Result>(query: string, ...values: unknown[]) =>
        (await client.query(query, values)).rows as Result,
    }
    return {
      place: (publish, id, fail) =>
        inTransaction(async () => {
          await client.query('INSERT INTO orders VALUES ($1)', [id])
          await publish(txOfPrisma(prisma))
          changedItsMind(fail)
        }),
      close: () => client.end(),
    }
  },
}

let server: SharedPostgres

before(async () => {
  server = await sharedPostgres()
})

after(() => server[Symbol.asyncDispose]())

for (const [name, open] of Object.entries(libraries)) {
  test(`a message published in a transaction of ${name} is sent if, and only if, that commits`, {
    timeout: 60_000,
  }, async () => {
    await using database = await scratchDatabase(server)
    await using store = await openPostgresStore(database.url)
    for (const table of ['orders', 'bills']) {
      await store.transaction((tx) => tx.query(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY)`, []))
    }
    const bill = on(orderPlaced, 'billing', async ({ id }, { tx }) => {
      await tx.query('INSERT INTO bills (id) VALUES ($1)', [id])
    })
    const transport = memoryTransport()
    await using bus = await openBus({ service: 'shop', store, transport, handlers: [bill] })
    const { place, close } = await open(database.url)
    const publish = (id: number) => (tx: Tx) => bus.publish(tx, orderPlaced, { id })
    await place(publish(1), 1, false)
    await assert.rejects(place(publish(2), 2, true), /changed its mind/)
    await place(publish(3), 3, false)
    await close()
    const idsIn = async (table: string) =>
      (await store.read((tx) => tx.query(`SELECT id FROM ${table} ORDER BY id`, []))).map(({ id }) => id)
    while ((await idsIn('bills')).length < 2) await sleep(10)
    await bus.settled()
    assert.deepEqual(await idsIn('bills'), [1, 3])
    assert.deepEqual(await idsIn('orders'), [1, 3])
  })
}

/** Runs work between BEGIN and COMMIT. */
function onClient(client: Client): (work: () => Promise<void>) => Promise<void> {
  return async (work) => {
    await client.query('BEGIN')
    try {
      await work()
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    }
  }
}
