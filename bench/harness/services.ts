/**
 * The two services of the measurements, opened on the files of a folder: a shop that publishes, a billing that reads.
 * Their broker is a file there too, unless they are told of a RabbitMQ.
 */
import { join } from 'node:path'
import { type Bus, type Handler, openBus } from '@vestnik/bus'
import type { Store } from '@vestnik/bus/store'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { openTransport } from '@vestnik/transport'
import { openSqliteTransport } from '@vestnik/transport-sqlite'
import type { RabbitPlace } from '../peers/rabbitmq.ts'
import { payload } from './messages.ts'
import { orderPlaced } from './orders.ts'

export interface Shop extends AsyncDisposable {
  /** Writes the n-th order and its message in one transaction, durable when it resolves. */
  place(n: number, at?: number): Promise<void>
}

export async function openShop(folder: string, rabbit?: RabbitPlace): Promise<Shop> {
  const { store, bus, close } = await openService(folder, 'shop', [], rabbit)
  await store.transaction((tx) =>
    tx.query(
      'CREATE TABLE orders (n INTEGER NOT NULL, customer TEXT NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL)',
      [],
    ),
  )
  return {
    place: (n, at) =>
      store.transaction(async (tx) => {
        const order = payload(n, at)
        const values = [n, order.customer, order.at, order.note]
        await tx.query('INSERT INTO orders (n, customer, at, note) VALUES (?, ?, ?, ?)', values)
        await bus.publish(tx, orderPlaced, order)
      }),
    [Symbol.asyncDispose]: close,
  }
}

export interface Service {
  readonly store: Store
  readonly bus: Bus
  close(): Promise<void>
}

/** A service with a database, a connection to the broker and a bus. */
export async function openService(
  folder: string,
  name: string,
  handlers: readonly Handler[],
  rabbit?: RabbitPlace,
): Promise<Service> {
  const store = await openSqliteStore(join(folder, `${name}.db`))
  const transport = rabbit
    ? await openTransport(rabbit.url, { topicNames: { [orderPlaced.topic]: rabbit.name } })
    : await openSqliteTransport(join(folder, 'broker.db'))
  const bus = await openBus({ service: name, store, transport, handlers, publishes: [orderPlaced] })
  return {
    store,
    bus,
    async close() {
      await bus.close()
      await transport.close()
      await store.close()
    },
  }
}
