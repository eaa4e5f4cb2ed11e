/** The producing process: callers place orders, one or many in a transaction, first to warm up, then what is measured. */
import { hasCode } from '@vestnik/bus'
import { callers } from '../harness/callers.ts'
import { payload } from '../harness/messages.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { type ChainInput, pool } from './chain-input.ts'
import { openService, orderPlaced, ordersTable } from './services.ts'

const { place, warm, count, perTransaction } = readInput<ChainInput>()
await using shop = await openService(place, 'shop', ordersTable)

report({ at: now() })
for (const orders of [warm, count]) {
  await go()
  const from = now()
  await callers(pool, 0, orders / perTransaction, (n) => placeSome(n * perTransaction))
  report({ from, at: now() })
}
await Promise.race([parentDone, go()])
// Who only fills the queue waits until all of it is there.
await shop.bus.settled()
report({ at: now() })
await parentDone

/** A machine that has much else to do takes more than the second that a transaction may take. */
async function placeSome(first: number): Promise<void> {
  for (;;) {
    try {
      return await placeAtOnce(first)
    } catch (error) {
      if (!hasCode(error, 'TX_TOO_SLOW')) throw error
    }
  }
}

function placeAtOnce(first: number): Promise<void> {
  return shop.store.transaction(async (tx) => {
    const placing = Array.from({ length: perTransaction }, async (_, i) => {
      const order = payload(first + i)
      const values = [order.n, order.customer, order.at, order.note]
      await Promise.all([
        tx.query('INSERT INTO orders (n, customer, at, note) VALUES ($1, $2, $3, $4)', values),
        shop.bus.publish(tx, orderPlaced, order),
      ])
    })
    await Promise.all(placing)
  })
}
