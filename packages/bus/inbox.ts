/**
 * The inbox: one row for each message in each group, with what became of it. Every statement on it is here or, for
 * people's changes, in operations.ts. States: held, dead, done, dropped.
 */

import type { FailureFacts } from './failure.ts'
import type { Decision } from './policy.ts'
import type { Sql, Statement } from './sql.ts'
import type { Row, SqlValue, Tx } from './store.ts'

export interface Place {
  readonly topic: string
  readonly group: string
}

/** Names one row. */
export interface RowRef extends Place {
  readonly source: string
  readonly id: string
}

/** A message that stays: everything that running it, or looking at it, will need. */
export interface Waiting extends RowRef {
  readonly state: 'held' | 'dead'
  readonly lane: string | null
  readonly key: string | undefined
  readonly due: number | null
  readonly delayed: boolean
  readonly attempts: number
  readonly reason: string | null
  readonly parks: boolean
  readonly failure: FailureFacts | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly expires: number | undefined
  readonly published: number
  readonly secret: readonly string[]
  readonly origin: string
}

/** A held row as the runner reads it. */
export interface HeldRow extends RowRef {
  readonly pos: number
  readonly state: string
  readonly lane: string | null
  readonly key: string | undefined
  readonly due: number
  readonly delayed: boolean
  readonly attempts: number
  readonly forced: boolean
  readonly edited: number
  readonly expires: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly token: string | null
  readonly until: number | null
  readonly starts: number
  readonly alone: number
  readonly published: number
}

/** A held message that may be started now, as far as a look at the table can tell. */
export interface Candidate extends RowRef {
  readonly lane: string | null
  readonly starts: number
}

export interface Claim {
  readonly token: string
  readonly until: number
  readonly alone: boolean
  readonly lapsed: boolean
}

export interface Inbox {
  /** Writes the row of a message that is handled now. False: the message is known, and that ends it. */
  addDone(tx: Tx, ref: RowRef, now: number): Promise<boolean>
  /** Writes the row of a message that stays. False: the message is known. */
  addWaiting(tx: Tx, row: Waiting, now: number): Promise<boolean>
  has(tx: Tx, ref: RowRef): Promise<boolean>
  /** Whether an earlier message of the lane is held or parked, so that nothing behind it may run. */
  blocked(tx: Tx, place: Place, lane: string | null, before: number): Promise<boolean>
  /** Held messages that are neither delayed nor behind a dead letter: they count against the limit. */
  countHeld(tx: Tx, place: Place, most: number): Promise<number>

  get(tx: Tx, ref: RowRef): Promise<HeldRow | undefined>
  /** Whether a claim on any message of the lane is alive. */
  laneClaimed(tx: Tx, place: Place, lane: string | null, now: number): Promise<boolean>
  /** Messages that are due and not claimed: the first of each lane behind `afterLane`, and those without a lane. */
  candidates(tx: Tx, place: Place, now: number, afterLane: string, most: number): Promise<readonly Candidate[]>
  /** The first message of one lane, if it is due and not claimed. */
  headOf(tx: Tx, place: Place, lane: string, now: number): Promise<Candidate | undefined>
  /** When the next held message is due, or a claim lapses. */
  nextDue(tx: Tx, place: Place, now: number): Promise<number | undefined>
  /** A delayed message takes its place in the order, now that it is due. */
  takePlace(tx: Tx, ref: RowRef): Promise<void>
  claim(tx: Tx, ref: RowRef, claim: Claim): Promise<void>
  /** Ends a claim without a verdict: nothing was tried. */
  unclaim(tx: Tx, ref: RowRef): Promise<void>
  /** The message took effect. */
  finish(tx: Tx, ref: RowRef, now: number): Promise<void>
  /** The message did not take effect: held for later, or dead. */
  fail(tx: Tx, ref: RowRef, verdict: Verdict, now: number): Promise<void>
  /** Forgets what ended before the time, at most so many of those behind `after`; answers where to go on. */
  forget(tx: Tx, endedBefore: number, after: number, most: number): Promise<number | undefined>
}

export interface Verdict {
  readonly decision: Decision | { readonly state: 'dead'; readonly reason: string }
  readonly parks: boolean
  readonly attempts: number
  /** One more effect that may have happened. */
  readonly doubt: boolean
  readonly failure: FailureFacts | undefined
}

export function inboxFor(sql: Sql): Inbox {
  return {
    async addDone(tx, { topic, group, source, id }, now) {
      const rows = await tx.query(
        ...sql`INSERT INTO vestnik_inbox (topic, grp, source, id, state, changed)
        VALUES (${topic}, ${group}, ${source}, ${id}, 'done', ${now})
        ON CONFLICT (topic, grp, source, id) DO NOTHING RETURNING pos`,
      )
      return rows.length > 0
    },

    async addWaiting(tx, row, now) {
      const { failure } = row
      const rows = await tx.query(
        ...sql`INSERT INTO vestnik_inbox
        (topic, grp, source, id, state, changed, arrived, lane, key, due, delayed, attempts, reason, parks, headers,
          body, expires, published, secret, origin, error_class, error_message, error_frame)
        VALUES (${row.topic}, ${row.group}, ${row.source}, ${row.id}, ${row.state}, ${now}, ${now}, ${row.lane},
          ${row.key ?? null}, ${row.due}, ${row.delayed ? 1 : 0}, ${row.attempts}, ${row.reason}, ${row.parks ? 1 : 0},
          ${JSON.stringify(row.headers)}, ${row.body}, ${row.expires ?? null}, ${row.published},
          ${JSON.stringify(row.secret)}, ${row.origin}, ${failure?.errorClass ?? null},
          ${failure?.errorMessage ?? null}, ${failure?.errorFrame ?? null})
        ON CONFLICT (topic, grp, source, id) DO NOTHING RETURNING pos`,
      )
      return rows.length > 0
    },

    async has(tx, { topic, group, source, id }) {
      const rows = await tx.query(
        ...sql`SELECT 1 FROM vestnik_inbox
        WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`,
      )
      return rows.length > 0
    },

    async blocked(tx, { topic, group }, lane, before) {
      if (lane === null) return false
      const rows = await tx.query(
        ...sql`SELECT 1 FROM vestnik_inbox
        WHERE topic = ${topic} AND grp = ${group} AND lane = ${lane} AND pos < ${before}
          AND state IN ('held', 'dead') AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        LIMIT 1`,
      )
      return rows.length > 0
    },

    async countHeld(tx, { topic, group }, most) {
      const [row] = await tx.query(
        ...sql`SELECT count(*) AS held FROM (
        SELECT 1 FROM vestnik_inbox AS h
        WHERE topic = ${topic} AND grp = ${group} AND state IN ('held', 'dead') AND state = 'held' AND delayed = 0
          AND NOT EXISTS (SELECT 1 FROM vestnik_inbox AS d
            WHERE d.topic = h.topic AND d.grp = h.grp AND d.lane = h.lane AND d.pos < h.pos
              AND d.state IN ('held', 'dead') AND d.state = 'dead' AND d.parks = 1)
        LIMIT ${most})`,
      )
      return Number(row?.held)
    },

    async get(tx, { topic, group, source, id }) {
      const [row] = await tx.query(
        ...sql`SELECT pos, topic, grp, source, id, state, lane, key, due, delayed, attempts,
          forced, edited, expires, published, headers, body, token, until, starts, alone
        FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`,
      )
      return row && toHeld(row)
    },

    async laneClaimed(tx, { topic, group }, lane, now) {
      if (lane === null) return false
      const rows = await tx.query(
        ...sql`SELECT 1 FROM vestnik_inbox
        WHERE topic = ${topic} AND grp = ${group} AND lane = ${lane} AND state IN ('held', 'dead') AND until > ${now}
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
        FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = ${lane} AND state IN ('held', 'dead')
          AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        ORDER BY pos LIMIT 1`,
      )
      const free = row?.state === 'held' && Number(row.due) <= now && Number(row.until ?? 0) <= now
      return row && free ? toCandidate(row) : undefined
    },

    async nextDue(tx, place, now) {
      const [row] = await tx.query(...nextHeadDue(sql, place, now))
      const [free] = await tx.query(
        ...sql`SELECT min(max(due, coalesce(until, 0))) AS at FROM vestnik_inbox
        WHERE topic = ${place.topic} AND grp = ${place.group} AND state = 'held' AND (lane IS NULL OR delayed = 1)
          AND max(due, coalesce(until, 0)) > ${now}`,
      )
      const times = [row?.at, free?.at].filter((at) => at !== null && at !== undefined).map(Number)
      return times.length > 0 ? Math.min(...times) : undefined
    },

    async takePlace(tx, { topic, group, source, id }) {
      await tx.query(
        ...sql`UPDATE vestnik_inbox
        SET delayed = 0, rev = rev + 1, pos = (SELECT max(pos) + 1 FROM vestnik_inbox)
        WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`,
      )
    },

    async claim(tx, { topic, group, source, id }, { token, until, alone, lapsed }) {
      await tx.query(
        ...sql`UPDATE vestnik_inbox SET token = ${token}, until = ${until}, starts = starts + 1,
          alone = alone + ${alone ? 1 : 0}, uncertain = uncertain + ${lapsed ? 1 : 0}
        WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`,
      )
    },

    async unclaim(tx, { topic, group, source, id }) {
      await tx.query(
        ...sql`UPDATE vestnik_inbox SET token = NULL, until = NULL, starts = 0, alone = 0
        WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`,
      )
    },

    async finish(tx, { topic, group, source, id }, now) {
      await tx.query(
        ...sql`UPDATE vestnik_inbox SET state = 'done', changed = ${now}, rev = rev + 1, due = NULL,
          token = NULL, until = NULL, starts = 0, alone = 0, headers = NULL, body = NULL
        WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`,
      )
    },

    async fail(tx, { topic, group, source, id }, { decision, parks, attempts, doubt, failure }, now) {
      const due = decision.state === 'held' ? now + decision.afterMs : null
      const reason = decision.state === 'dead' ? decision.reason : null
      await tx.query(
        ...sql`UPDATE vestnik_inbox SET state = ${decision.state}, changed = ${now}, rev = rev + 1,
          due = ${due}, reason = ${reason}, parks = ${parks ? 1 : 0}, attempts = ${attempts},
          uncertain = uncertain + ${doubt ? 1 : 0},
          error_class = coalesce(${failure?.errorClass ?? null}, error_class),
          error_message = coalesce(${failure?.errorMessage ?? null}, error_message),
          error_frame = coalesce(${failure?.errorFrame ?? null}, error_frame),
          token = NULL, until = NULL, starts = 0, alone = 0
        WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`,
      )
    },

    async forget(tx, endedBefore, after, most) {
      const rows = await tx.query(
        ...sql`SELECT pos, state, changed FROM vestnik_inbox
        WHERE pos > ${after} ORDER BY pos LIMIT ${most}`,
      )
      const old = rows.filter((row) => isEnded(row) && Number(row.changed) < endedBefore)
      const positions = JSON.stringify(old.map(({ pos }) => pos))
      await tx.query(...sql`DELETE FROM vestnik_inbox WHERE pos IN (SELECT value FROM json_each(${positions}))`)
      const last = rows.at(-1)
      const reachedRecent = last === undefined || (isEnded(last) && Number(last.changed) >= endedBefore)
      return rows.length < most || reachedRecent ? undefined : Number(last.pos)
    },
  }
}

const isEnded = (row: Row) => row.state === 'done' || row.state === 'dropped'

/**
 * The lanes of a place are found one by one along the index, and of each only its first message is looked at: the rows
 * behind a held or parked one, however many, are never read.
 */
function headsDue(sql: Sql, { topic, group }: Place, now: number, afterLane: string, most: number): Statement {
  return sql`WITH RECURSIVE lanes (lane) AS (
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND state IN ('held', 'dead') AND lane > ${afterLane} ORDER BY lane LIMIT 1)
      UNION ALL
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND state IN ('held', 'dead') AND lane > lanes.lane ORDER BY lane LIMIT 1)
      FROM lanes WHERE lanes.lane IS NOT NULL)
    SELECT h.topic, h.grp, h.source, h.id, h.lane, h.starts
    FROM lanes JOIN vestnik_inbox AS h ON h.pos = (
      SELECT pos FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = lanes.lane
        AND state IN ('held', 'dead') AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
      ORDER BY pos LIMIT 1)
    WHERE h.state = 'held' AND h.due <= ${now} AND (h.until IS NULL OR h.until <= ${now})
    LIMIT ${most}`
}

function nextHeadDue(sql: Sql, { topic, group }: Place, now: number): Statement {
  return sql`WITH RECURSIVE lanes (lane) AS (
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND state IN ('held', 'dead') AND lane IS NOT NULL ORDER BY lane LIMIT 1)
      UNION ALL
      SELECT (SELECT lane FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group}
        AND state IN ('held', 'dead') AND lane > lanes.lane ORDER BY lane LIMIT 1)
      FROM lanes WHERE lanes.lane IS NOT NULL)
    SELECT min(max(h.due, coalesce(h.until, 0))) AS at
    FROM lanes JOIN vestnik_inbox AS h ON h.pos = (
      SELECT pos FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = lanes.lane
        AND state IN ('held', 'dead') AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
      ORDER BY pos LIMIT 1)
    WHERE h.state = 'held' AND max(h.due, coalesce(h.until, 0)) > ${now}`
}

function toCandidate(row: Row): Candidate {
  return { ...toRef(row), lane: textOrNull(row.lane), starts: Number(row.starts) }
}

function toHeld(row: Row): HeldRow {
  return {
    ...toRef(row),
    pos: Number(row.pos),
    state: String(row.state),
    lane: textOrNull(row.lane),
    key: textOrNull(row.key) ?? undefined,
    due: Number(row.due),
    delayed: row.delayed === 1,
    attempts: Number(row.attempts),
    forced: row.forced === 1,
    edited: Number(row.edited),
    expires: row.expires === null ? undefined : Number(row.expires),
    headers: JSON.parse(String(row.headers ?? '{}')) as Record<string, string>,
    body: (row.body ?? new Uint8Array()) as Uint8Array,
    token: textOrNull(row.token),
    until: row.until === null ? null : Number(row.until),
    starts: Number(row.starts),
    alone: Number(row.alone),
    published: Number(row.published),
  }
}

function toRef(row: Row): RowRef {
  return { topic: String(row.topic), group: String(row.grp), source: String(row.source), id: String(row.id) }
}

const textOrNull = (value: SqlValue | undefined) => (value === null || value === undefined ? null : String(value))
