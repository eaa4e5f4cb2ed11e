/** What waits in a service's tables: for gauges, health and the command. */
import type { Place } from './inbox-rows.ts'
import type { Sql } from './sql.ts'
import type { Row, Tx } from './store.ts'
import type { Waiting } from './telemetry.ts'

/** One look at the tables. Places without a waiting message are named too, with zeros. */
export async function lookAtTables(tx: Tx, sql: Sql, places: readonly Place[], now: number): Promise<Waiting> {
  const [oldest] = await tx.query(...sql`SELECT created FROM vestnik_outbox WHERE state = 'new' ORDER BY pos LIMIT 1`)
  const [refused] = await tx.query(...sql`SELECT count(*) AS n FROM vestnik_outbox WHERE state = 'aside'`)
  // By position, all of them: SQLite would else read everything that is done, as that is sorted by topic and group.
  const rows = await tx.query(
    ...sql`SELECT topic, grp, state, count(*) AS n, min(arrived) AS oldest, sum(uncertain) AS doubts
    FROM vestnik_inbox WHERE state IN ('held', 'dead') AND pos > 0 GROUP BY topic, grp, state`,
  )
  const at = (place: Place, state: string): Row | undefined =>
    rows.find((row) => row.topic === place.topic && row.grp === place.group && row.state === state)
  return {
    outboxAge: oldest ? seconds(now - Number(oldest.created)) : 0,
    aside: Number(refused?.n ?? 0),
    places: places.map(({ topic, group }) => {
      const held = at({ topic, group }, 'held')
      const dead = at({ topic, group }, 'dead')
      return {
        topic,
        group,
        held: Number(held?.n ?? 0),
        heldAge: held ? seconds(now - Number(held.oldest)) : 0,
        dead: Number(dead?.n ?? 0),
        uncertain: Number(held?.doubts ?? 0) + Number(dead?.doubts ?? 0),
      }
    }),
  }
}

const seconds = (ms: number) => Math.max(0, ms) / 1000
