/** Books each order in its own database, and writes each a letter outside it. */
import { existsSync } from 'node:fs'
import { effect, type MessageFacts, on, openBus, permanent } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { appendTo, lethalPorts, openBroker, places, serveUntilAsked } from './child.ts'
import { type Order, placed } from './orders.ts'

const claimMs = 1_000

const store = await openSqliteStore(places.books)
await store.transaction((tx) =>
  tx.query('CREATE TABLE IF NOT EXISTS booked (seq INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT, key TEXT)', []),
)
const transport = await openBroker()
const act = appendTo(places.acts)

const bus = await openBus({
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
})

serveUntilAsked(async () => {
  await bus.close()
  await transport.close()
  await store.close()
})

function behave({ n, manner }: Order, { attempt }: MessageFacts): void {
  if (manner === 'fails' && attempt === 1) throw new Error(`${n} fails at first`)
  if (manner === 'dies' && !existsSync(places.mended)) throw permanent(`${n} cannot be handled yet`)
}
