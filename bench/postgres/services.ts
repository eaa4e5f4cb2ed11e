/** The two services of the measurements, each in a schema of one database: a shop that publishes, a billing that reads. */
import { type Bus, type Contract, contract, type Handler, openBus } from '@vestnik/bus'
import type { Store } from '@vestnik/bus/store'
import { openPostgresStore } from '@vestnik/store-postgres'
import { openTransport } from '@vestnik/transport'
import type { Payload } from '../harness/messages.ts'
import { order } from '../harness/orders.ts'
import type { PostgresPlace } from '../peers/postgres.ts'
import { inFlight } from './chain-input.ts'

export const orderPlaced: Contract<Payload, 'billing'> = contract('order.placed', {
  schema: order,
  key: ({ customer }) => customer,
  groups: [{ name: 'billing', concurrency: inFlight }],
})

export interface Service extends AsyncDisposable {
  readonly store: Store
  readonly bus: Bus
}

/** Its tables are made before, in its schema. */
export async function openService(
  { database, rabbit }: PostgresPlace,
  name: string,
  tables: string,
  handlers: readonly Handler[] = [],
): Promise<Service> {
  const store = await openPostgresStore(database, { schema: name })
  await store.transaction((tx) => tx.query(tables, []))
  const transport = await openTransport(rabbit.url, { topicNames: { [orderPlaced.topic]: rabbit.name } })
  const bus = await openBus({ service: name, store, transport, handlers, publishes: [orderPlaced] })
  return {
    store,
    bus,
    async [Symbol.asyncDispose]() {
      await bus.close()
      await transport.close()
      await store.close()
    },
  }
}

export const ordersTable =
  'CREATE TABLE orders (n BIGINT NOT NULL, customer TEXT NOT NULL, at BIGINT NOT NULL, note TEXT NOT NULL)'
export const billsTable = 'CREATE TABLE bills (n BIGINT NOT NULL, customer TEXT NOT NULL, at BIGINT NOT NULL)'
