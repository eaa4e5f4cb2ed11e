/** Puts messages into an outbox, then opens the bus, and reports the rate at which the relay sends the first of them. */
import { openBus } from '@vestnik/bus'
import { openPostgresStore } from '@vestnik/store-postgres'
import { openTransport } from '@vestnik/transport'
import { outboxFor } from '../../packages/bus/outbox.ts'
import { migrate } from '../../packages/bus/schema.ts'
import { sqlFor } from '../../packages/bus/sql.ts'
import { systemPorts } from '../../packages/bus/system.ts'
import { command } from '../../tools/databases/postgres.ts'
import { keys, message } from '../harness/messages.ts'
import { parentDone, readInput, report } from '../harness/program.ts'
import { startTimer } from '../harness/timed.ts'
import type { PostgresPlace } from '../peers/postgres.ts'
import { orderPlaced } from './services.ts'

interface Input {
  readonly place: PostgresPlace
  readonly waiting: number
  readonly warm: number
  readonly count: number
}

const { place, waiting, warm, count } = readInput<Input>()
await using store = await openPostgresStore(place.database, { schema: 'shop' })
await migrate(store, systemPorts)
await fill(waiting)
report({ waiting })

await using transport = disposable(
  await openTransport(place.rabbit.url, { topicNames: { [orderPlaced.topic]: place.rabbit.name } }),
)
let sent = 0
let stop = startTimer()
const counting = {
  ...transport,
  async publish(messages: Parameters<typeof transport.publish>[0]) {
    await transport.publish(messages)
    const before = sent
    sent += messages.length
    if (before < warm && sent >= warm) stop = startTimer()
    if (before < warm + count && sent >= warm + count) report({ ...stop(count) })
  },
}
const bus = await openBus({ service: 'shop', store, transport: counting, publishes: [orderPlaced] })
await parentDone
await bus.close(AbortSignal.abort())

/** A thousand by the bus's own statement, which the database then multiplies. */
async function fill(rows: number): Promise<void> {
  const outbox = outboxFor(sqlFor('postgres'))
  await store.transaction(async (tx) => {
    const adding = Array.from({ length: keys }, (_, n) =>
      outbox.add(tx, { ...message(n), created: Date.now(), parks: false }),
    )
    await Promise.all(adding)
  })
  const own =
    "table_schema = 'shop' AND table_name = 'vestnik_outbox' AND is_generated = 'NEVER' AND column_name NOT IN ('pos', 'xid', 'id')"
  const columns = await command(
    place.database,
    `SELECT column_name AS name FROM information_schema.columns WHERE ${own}`,
  )
  const names = columns.map(({ name }) => String(name)).join(', ')
  await command(
    place.database,
    `INSERT INTO shop.vestnik_outbox (id, ${names})
      SELECT id || '-' || i, ${names} FROM generate_series(1, ${rows / keys - 1}) AS i, shop.vestnik_outbox
      ORDER BY i, pos`,
  )
}

function disposable<Closable extends { close(): Promise<void> }>(one: Closable): Closable & AsyncDisposable {
  return Object.assign(one, { [Symbol.asyncDispose]: () => one.close() })
}
