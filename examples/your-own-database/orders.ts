/** What the examples share: a contract, and a bus on the same file as the other library, whose handler writes it down. */
import { type Bus, type Contract, contract, on, openBus } from '@vestnik/bus'
import { openSqliteStore, type SqliteStore } from '@vestnik/store-sqlite'
import { memoryTransport } from '@vestnik/testing'
import { z } from 'zod'

export const orderPlaced: Contract<{ id: number }, 'billing'> = contract('order.placed', {
  schema: z.object({ id: z.int() }),
  key: ({ id }) => String(id),
  groups: ['billing'],
})

export interface Shop extends AsyncDisposable {
  readonly bus: Bus
  readonly store: SqliteStore
  /** Orders that are billed. */
  billed(): Promise<readonly number[]>
}

/** Opens a bus on the file, and makes the tables `orders` and `bills` in it. */
export async function openShop(path: string): Promise<Shop> {
  const store = await openSqliteStore(path)
  await store.transaction((tx) => tx.query('CREATE TABLE orders (id INTEGER PRIMARY KEY)', []))
  await store.transaction((tx) => tx.query('CREATE TABLE bills (id INTEGER PRIMARY KEY)', []))
  const transport = memoryTransport()
  const bill = on(orderPlaced, 'billing', async ({ id }, { tx }) => {
    await tx.query('INSERT INTO bills (id) VALUES (?)', [id])
  })
  const bus = await openBus({ service: 'shop', store, transport, handlers: [bill] })
  return {
    bus,
    store,
    billed: async () => (await store.read((tx) => tx.query('SELECT id FROM bills', []))).map(({ id }) => Number(id)),
    async [Symbol.asyncDispose]() {
      await bus.close()
      await transport.close()
      await store.close()
    },
  }
}
