/**
 * Searching the inbox: what is in the way of a message, and what may be started now. Messages of a lane (the key of an
 * ordered group) stand behind one another; "blocked" is derived from their positions, so there is nothing to release.
 */
import { type Place, type RowRef, textOrNull, toRef } from './inbox-rows.ts'
import type { Sql, Statement } from './sql.ts'
import type { Row, Tx } from './store.ts'

/** A held message that may be started now, as far as a look at the table can tell. */
export interface Candidate extends RowRef {
  readonly lane: string | null
  readonly starts: number
}

export interface InboxSearch {
  /** Whether an earlier message of the lane is held or parked, so that nothing behind it may run. */
  blocked(tx: Tx, place: Place, lane: string | null, before: number): Promise<boolean>
  /** Held messages that are neither delayed nor behind a dead letter: they count against the limit. */
  countHeld(tx: Tx, place: Place): Promise<number>
  /** Whether a claim on any message of the lane is alive. */
  laneClaimed(tx: Tx, place: Place, lane: string | null, now: number): Promise<boolean>
  /** Messages that are due and not claimed: the first of each lane behind `afterLane`, and those without a lane. */
  candidates(tx: Tx, place: Place, now: number, afterLane: string, most: number): Promise<readonly Candidate[]>
  /** The first message of one lane, if it is due and not claimed. */
  headOf(tx: Tx, place: Place, lane: string, now: number): Promise<Candidate | undefined>
  /** When the next held message is due, or a claim lapses. */
  nextDue(tx: Tx, place: Place, now: number): Promise<number | undefined>
}

export function inboxSearchFor(sql: Sql): InboxSearch {
  return {
    async blocked(tx, { topic, group }, lane, before) {
      if (lane === null) return false
      const rows = await tx.query(
        ...sql`SELECT 1 FROM vestnik_inbox
        WHERE topic = ${topic} AND grp = ${group} AND lane = ${lane} AND pos < ${before}
          AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        LIMIT 1`,
      )
      return rows.length > 0
    },

    async countHeld(tx, place) {
      const [inLanes] = await tx.query(...heldBeforeParked(sql, place))
      const [free] = await tx.query(
        ...sql`SELECT count(*) AS held FROM vestnik_inbox
        WHERE topic = ${place.topic} AND grp = ${place.group} AND lane IS NULL
          AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1)) AND state = 'held'`,
      )
      return Number(inLanes?.held ?? 0) + Number(free?.held)
    },

    async laneClaimed(tx, { topic, group }, lane, now) {
      if (lane === null) return false
      const rows = await tx.query(
        ...sql`SELECT 1 FROM vestnik_inbox
        WHERE topic = ${topic} AND grp = ${group} AND lane = ${lane} AND until IS NOT NULL AND until > ${now}
        LIMIT 1`,
      )
      return rows.length > 0
    },

    async candidates(tx, place, now, afterLane, most) {
      const heads = await tx.query(...headsDue(sql, place, now, afterLane, most))
      const free = await tx.query(
        ...sql`SELECT topic, grp, source, id, lane, starts FROM vestnik_inbox
        WHERE topic = ${place.topic} AND grp = ${place.group} AND state = 'held' AND (lane IS NULL OR delayed = 1)
          AND due <= ${now} AND (until IS NULL OR until <= ${now})
        ORDER BY due LIMIT ${most}`,
      )
      return [...heads, ...free].map(toCandidate)
    },

    async headOf(tx, { topic, group }, lane, now) {
      const [row] = await tx.query(
        ...sql`SELECT topic, grp, source, id, lane, starts, state, due, until
        FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = ${lane}
          AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        ORDER BY pos LIMIT 1`,
      )
      const free = row?.state === 'held' && Number(row.due) <= now && Number(row.until ?? 0) <= now
      return row && free ? toCandidate(row) : undefined
    },

    async nextDue(tx, place, now) {
      const [head] = await tx.query(...nextHeadDue(sql, place, now))
      const [free] = await tx.query(
        ...sql`SELECT min(due) AS at FROM vestnik_inbox
        WHERE topic = ${place.topic} AND grp = ${place.group} AND state = 'held' AND (lane IS NULL OR delayed = 1)
          AND due > ${now}`,
      )
      const [claim] = await tx.query(
        ...sql`SELECT min(until) AS at FROM vestnik_inbox
        WHERE topic = ${place.topic} AND grp = ${place.group} AND lane IS NULL AND until IS NOT NULL AND until > ${now}`,
      )
      const times = [head?.at, free?.at, claim?.at].filter((at) => at !== null && at !== undefined).map(Number)
      return times.length > 0 ? Math.min(...times) : undefined
    },
  }
}

/**
 * The lanes of a place are found one by one along the index, and of each only its first message is looked at: the rows
 * behind a held or parked one, however many, are never read.
 */
function headsDue(sql: Sql, { topic, group }: Place, now: number, afterLane: string, most: number): Statement {
  return sql`WITH RECURSIVE lanes (lane) AS (
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        AND lane > ${afterLane} ORDER BY lane LIMIT 1)
      UNION ALL
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        AND lane > lanes.lane ORDER BY lane LIMIT 1)
      FROM lanes WHERE lanes.lane IS NOT NULL)
    SELECT h.topic, h.grp, h.source, h.id, h.lane, h.starts
    FROM lanes JOIN vestnik_inbox AS h ON h.pos = (
      SELECT pos FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = lanes.lane
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
      ORDER BY pos LIMIT 1)
    WHERE h.state = 'held' AND h.due <= ${now} AND (h.until IS NULL OR h.until <= ${now})
    LIMIT ${most}`
}

function nextHeadDue(sql: Sql, { topic, group }: Place, now: number): Statement {
  return sql`WITH RECURSIVE lanes (lane) AS (
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        AND lane IS NOT NULL ORDER BY lane LIMIT 1)
      UNION ALL
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        AND lane > lanes.lane ORDER BY lane LIMIT 1)
      FROM lanes WHERE lanes.lane IS NOT NULL)
    SELECT min(CASE WHEN h.due > coalesce(h.until, 0) THEN h.due ELSE coalesce(h.until, 0) END) AS at
    FROM lanes JOIN vestnik_inbox AS h ON h.pos = (
      SELECT pos FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = lanes.lane
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
      ORDER BY pos LIMIT 1)
    WHERE h.state = 'held' AND (h.due > ${now} OR coalesce(h.until, 0) > ${now})`
}

/** Of each lane, what stands before its first parked message: however many stand behind that, they are never read. */
function heldBeforeParked(sql: Sql, { topic, group }: Place): Statement {
  return sql`WITH RECURSIVE lanes (lane) AS (
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        AND lane IS NOT NULL ORDER BY lane LIMIT 1)
      UNION ALL
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        AND lane > lanes.lane ORDER BY lane LIMIT 1)
      FROM lanes WHERE lanes.lane IS NOT NULL)
    SELECT sum((SELECT count(*) FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = lanes.lane
      AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
      AND pos < coalesce((SELECT pos FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = lanes.lane
        AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1)) AND state = 'dead'
        ORDER BY pos LIMIT 1), ${Number.MAX_SAFE_INTEGER}))) AS held
    FROM lanes WHERE lane IS NOT NULL`
}

function toCandidate(row: Row): Candidate {
  return { ...toRef(row), lane: textOrNull(row.lane), starts: Number(row.starts) }
}
