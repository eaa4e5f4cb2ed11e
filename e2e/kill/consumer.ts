/** Books each order in its own database, and writes each a letter outside it. */
import { existsSync } from 'node:fs'
import { type BusOptions, effect, type MessageFacts, on, openBus, permanent } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { appendTo, lethalPorts, openBroker, patiently, places, serveUntilAsked } from './child.ts'
import { type Order, placed } from './orders.ts'

const claimMs = 1_000

const table = 'CREATE TABLE IF NOT EXISTS booked (seq INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT, key TEXT)'
const store = await patiently(() => openSqliteStore(places.books))
await patiently(() => store.transaction((tx) => tx.query(table, [])))
const transport = await patiently(openBroker)
const act = appendTo(places.acts)

const options: BusOptions = {
  service: 'books',
  store,
  transport,
  ports: lethalPorts(),
  handlers: [
    on(placed, 'books', async (order, { tx, message }) => {
      await tx.query('INSERT INTO booked (n, key) VALUES (?, ?)', [order.n, order.key])
      behave(order, message)
    }),
    effect(
      placed,
      'letters',
      (order, { idempotencyKey, message }) => {
        behave(order, message)
        act(`${idempotencyKey} ${order.n}`)
      },
      { claimMs },
    ),
  ],
}
const bus = await patiently(() => openBus(options))

serveUntilAsked(async () => {
  await bus.close()
  await transport.close()
  await store.close()
})

function behave({ n, manner }: Order, { attempt }: MessageFacts): void {
  if (manner === 'fails' && attempt === 1) throw new Error(`${n} fails at first`)
  if (manner === 'dies' && !existsSync(places.mended)) throw permanent(`${n} cannot be handled yet`)
}
