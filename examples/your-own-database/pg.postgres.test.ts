import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { on, openBus } from '@vestnik/bus'
import { openPostgresStore } from '@vestnik/store-postgres'
import { memoryTransport } from '@vestnik/testing'
import { Client } from 'pg'
import { scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { orderPlaced } from './orders.ts'
import { txOfPg } from './tx-of-pg.ts'

test('a message published in a transaction of pg is sent if, and only if, that commits', {
  timeout: 60_000,
}, async () => {
  await using server = await sharedPostgres()
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
  const client = new Client(database.url)
  await client.connect()
  for (const [id, end] of [
    [1, 'COMMIT'],
    [2, 'ROLLBACK'],
    [3, 'COMMIT'],
  ] as const) {
    await client.query('BEGIN')
    await client.query('INSERT INTO orders VALUES ($1)', [id])
    await bus.publish(txOfPg(client), orderPlaced, { id })
    await client.query(end)
  }
  await client.end()
  const billed = () => store.read((tx) => tx.query('SELECT id FROM bills ORDER BY id', []))
  while ((await billed()).length < 2) await sleep(10)
  await bus.settled()
  assert.deepEqual(await billed(), [{ id: 1 }, { id: 3 }])
})
