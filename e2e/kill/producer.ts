/** Places orders: a row of its own and a message in one commit, many at once; notes each only when its commit was answered. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openBus } from '@vestnik/bus'
import { hasCode } from '@vestnik/bus/errors'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { appendTo, lethalPorts, openBroker, patiently, places, serveUntilAsked, settings } from './child.ts'
import { orderOf, placed } from './orders.ts'

const atOnce = 8
const pauseMs = settings.pauseMs ?? 12

const table = 'CREATE TABLE IF NOT EXISTS placed (seq INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT, key TEXT, manner TEXT)'
const store = await patiently(() => openSqliteStore(places.orders))
await patiently(() => store.transaction((tx) => tx.query(table, [])))
const transport = await patiently(openBroker)
const options = { service: 'orders', store, transport, publishes: [placed], ports: lethalPorts() }
const bus = await patiently(() => openBus(options))
const confirm = appendTo(places.confirmed)
const name = `${process.pid}-${Date.now().toString(36)}`
let ending = false

serveUntilAsked(async () => {
  ending = true
  await bus.close()
  await transport.close()
  await store.close()
})

for (let count = 0; !ending && !settings.quiet; ) {
  const batch = Array.from({ length: atOnce }, () => place(count++))
  await Promise.all(batch)
  await sleep(pauseMs)
}

async function place(count: number): Promise<void> {
  const order = orderOf(name, count)
  const commit = () =>
    store.transaction(async (tx) => {
      await tx.query('INSERT INTO placed (n, key, manner) VALUES (?, ?, ?)', [order.n, order.key, order.manner])
      await bus.publish(tx, placed, order)
    })
  try {
    await patiently(commit)
    confirm(order.n)
  } catch (error) {
    // Whoever is asked to end takes no orders any more.
    if (!(ending && hasCode(error, 'BUS_CLOSED', 'STORE_CLOSED'))) throw error
  }
}
