/** Places orders at a steady rate; each carries when its transaction was begun, in microseconds since 1970. */
import { payload } from '../harness/messages.ts'
import { pace } from '../harness/pace.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import type { PaceInput } from './chain-input.ts'
import { openService, orderPlaced, ordersTable } from './services.ts'

const { place, perSecond, seconds } = readInput<PaceInput>()
await using shop = await openService(place, 'shop', ordersTable)

// By hand the queue is there before anything is measured: so are the places here. The reader counts this one once.
await placeOne(0)
await shop.bus.settled()
report({ at: now() })
await go()
// The first second warms up, and is not counted by the reader.
await pace(perSecond, 1 + seconds, (n) => placeOne(n))
report({ at: now() })
await parentDone

function placeOne(n: number): Promise<unknown> {
  const order = payload(n, Math.round(now() * 1000))
  return shop.store.transaction((tx) =>
    Promise.all([
      tx.query('INSERT INTO orders (n, customer, at, note) VALUES ($1, $2, $3, $4)', [
        order.n,
        order.customer,
        order.at,
        order.note,
      ]),
      shop.bus.publish(tx, orderPlaced, order),
    ]),
  )
}
