/**
 * Lets many messages pass through an outbox that the relay keeps short, and reports how large its table was at most. The
 * broker is one that holds everything at once: only the database is measured.
 */
import { openBus } from '@vestnik/bus'
import type { Transport } from '@vestnik/bus/transport'
import { openPostgresStore } from '@vestnik/store-postgres'
import { payload } from '../harness/messages.ts'
import { parentDone, readInput, report } from '../harness/program.ts'
import type { PostgresPlace } from '../peers/postgres.ts'
import { orderPlaced } from './services.ts'

const { place, count } = readInput<{ place: PostgresPlace; count: number }>()
/** In one transaction, and at most in the table. */
const together = 50
const mostWaiting = 10_000
let sent = 0
const transport: Transport = {
  name: 'nowhere',
  traits: { retainsHistory: false, maxBodyBytes: 1_000_000 },
  ensure: async () => {},
  async publish(messages) {
    sent += messages.length
  },
  subscribe: async () => ({ drain: async () => {} }),
  health: () => ({ ready: true }),
  close: async () => {},
}

await using store = await openPostgresStore(place.database, { schema: 'shop' })
const bus = await openBus({ service: 'shop', store, transport, publishes: [orderPlaced] })
let highestMb = 0
for (let written = 0; written < count; written += together) {
  const some = Array.from({ length: together }, (_, i) => payload(written + i))
  await store.transaction((tx) => Promise.all(some.map((one) => bus.publish(tx, orderPlaced, one))))
  if (written % (mostWaiting / 2) === 0) highestMb = Math.max(highestMb, await sizeMb())
  while (written - sent > mostWaiting) await new Promise((resolve) => setTimeout(resolve, 5))
}
await bus.settled()
report({ highestMb, endMb: await sizeMb() })
await parentDone
await bus.close()

async function sizeMb(): Promise<number> {
  const size = "SELECT pg_total_relation_size('vestnik_outbox') AS bytes"
  const [row] = await store.read((tx) => tx.query(size, []))
  return Number(row?.bytes) / 2 ** 20
}
