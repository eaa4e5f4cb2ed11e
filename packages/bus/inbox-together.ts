/** Statements on the inbox for many new messages of one place at once, in PostgreSQL: each is a walk to the server less. */
import type { RowRef } from './inbox-rows.ts'
import type { Place } from './place.ts'
import { arrayOfTexts, type Sql } from './sql.ts'
import type { Tx } from './store.ts'

/** A message with its lane: its key in an ordered group. */
export interface InLane extends Pick<RowRef, 'source' | 'id'> {
  readonly lane: string | null
}

export interface InboxTogether {
  /**
   * Locks the lanes as `Inbox.lock` does, and answers which of the messages may be handled, by their places in the list:
   * those that are not known, and behind nothing of their lane that is held or parked.
   */
  lockAndSift(tx: Tx, place: Place, messages: readonly InLane[]): Promise<readonly number[]>
  /** Marks them as handled. False: one of them was known, and the transaction must not be committed. */
  addDone(tx: Tx, place: Place, messages: readonly InLane[], now: number): Promise<boolean>
}

export function inboxTogetherFor(sql: Sql): InboxTogether {
  return {
    async lockAndSift(tx, place, messages) {
      const lanes = messages.flatMap(({ lane }) => (lane === null ? [] : [lane]))
      // Sent at once, and done one after the other: the second sees what was committed before the locks were had.
      const [, rows] = await Promise.all([lanes.length > 0 && lock(tx, place, lanes), sift(tx, place, messages)])
      return rows
    },

    async addDone(tx, { topic, group }, messages, now) {
      const [row] = await tx.query(
        ...sql`WITH added AS (
          INSERT INTO vestnik_inbox (topic, grp, source, id, state, changed)
          SELECT ${topic}, ${group}, m.source, m.id, 'done', CAST(${now} AS BIGINT)
          FROM unnest(CAST(${sources(messages)} AS TEXT[]), CAST(${ids(messages)} AS TEXT[])) AS m (source, id)
          ON CONFLICT (topic, grp, source, id) DO NOTHING RETURNING 1)
        SELECT count(*) AS count FROM added`,
      )
      return row?.count === messages.length
    },
  }

  /** In one order everywhere, so that two instances never wait for each other. */
  async function lock(tx: Tx, { topic, group }: Place, lanes: readonly string[]): Promise<void> {
    const names = arrayOfTexts(lanes.map((lane) => `${topic} ${group} ${lane}`))
    await tx.query(
      ...sql`SELECT count(pg_advisory_xact_lock(hash)) FROM (
        SELECT DISTINCT hashtextextended(name, 0) AS hash FROM unnest(CAST(${names} AS TEXT[])) AS name
        ORDER BY hash) AS lanes`,
    )
  }

  /** OFFSET 0 keeps the planner from joining: it is one step into an index for each message, however large the table. */
  async function sift(tx: Tx, { topic, group }: Place, messages: readonly InLane[]): Promise<readonly number[]> {
    const rows = await tx.query(
      ...sql`SELECT m.place FROM unnest(CAST(${sources(messages)} AS TEXT[]), CAST(${ids(messages)} AS TEXT[]),
          CAST(${arrayOfTexts(messages.map(({ lane }) => lane))} AS TEXT[])) WITH ORDINALITY AS m (source, id, lane, place)
        WHERE NOT EXISTS (
          SELECT 1 FROM vestnik_inbox AS i WHERE i.topic = ${topic} AND i.grp = ${group}
          AND i.source = m.source COLLATE "C" AND i.id = m.id COLLATE "C" OFFSET 0)
        AND NOT EXISTS (
          SELECT 1 FROM vestnik_inbox AS i WHERE i.topic = ${topic} AND i.grp = ${group} AND i.lane = m.lane COLLATE "C"
          AND ((i.state = 'held' AND i.delayed = 0) OR (i.state = 'dead' AND i.parks = 1)) OFFSET 0)
        ORDER BY m.place`,
    )
    return rows.map(({ place }) => Number(place) - 1)
  }
}

const sources = (messages: readonly InLane[]): string => arrayOfTexts(messages.map(({ source }) => source))
const ids = (messages: readonly InLane[]): string => arrayOfTexts(messages.map(({ id }) => id))
