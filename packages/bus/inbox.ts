/**
 * The inbox: one row for each message in each group, with what became of it: held, dead, done or dropped. Statements on
 * it are here, in inbox-search.ts and, for people, in looks.ts and mends.ts.
 */
import type { FailureFacts } from './failure.ts'
import { type Place, type RowRef, textOrNull, toRef } from './inbox-rows.ts'
import { type InboxSearch, inboxSearchFor } from './inbox-search.ts'
import type { Decision } from './policy.ts'
import type { Sql } from './sql.ts'
import type { Row, Tx } from './store.ts'
import { storable } from './texts.ts'

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

export interface Claim {
  readonly token: string
  readonly until: number
  readonly alone: boolean
  readonly lapsed: boolean
}

export interface Inbox extends InboxSearch {
  /**
   * Waits until no other transaction works on the lane, and keeps others from it until the end of this one; of a message
   * without a lane its row. In SQLite a transaction has the whole database for itself.
   */
  lock(tx: Tx, ref: Place & Partial<RowRef>, lane: string | null): Promise<void>
  /** Writes the row of a message that is handled now. False: the message is known, and that ends it. */
  addDone(tx: Tx, ref: RowRef, now: number): Promise<boolean>
  /** Writes the row of a message that stays. False: the message is known. */
  addWaiting(tx: Tx, row: Waiting, now: number): Promise<boolean>
  has(tx: Tx, ref: RowRef): Promise<boolean>

  get(tx: Tx, ref: RowRef): Promise<HeldRow | undefined>
  /** The first that is held or parked in the lane behind the position. */
  nextInLane(tx: Tx, place: Place, lane: string, after: number): Promise<HeldRow | undefined>
  /** Whether it is still held under this claim. */
  isClaimed(tx: Tx, row: HeldRow, token: string): Promise<boolean>
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
    ...inboxSearchFor(sql),

    async lock(tx, { topic, group, source, id }, lane) {
      if (sql.dialect === 'sqlite') return
      if (lane !== null) {
        const name = `${topic} ${group} ${lane}`
        await tx.query(...sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`)
      } else if (source !== undefined && id !== undefined) {
        await tx.query(
          ...sql`SELECT 1 FROM vestnik_inbox
          WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id} FOR UPDATE`,
        )
      }
    },

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
          ${row.key === undefined ? null : storable(row.key)}, ${row.due}, ${row.delayed ? 1 : 0}, ${row.attempts}, ${row.reason}, ${row.parks ? 1 : 0},
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

    async get(tx, { topic, group, source, id }) {
      const [row] = await tx.query(
        ...sql`SELECT pos, topic, grp, source, id, state, lane, key, due, delayed, attempts,
          forced, edited, expires, published, headers, body, token, until, starts, alone
        FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`,
      )
      return row && toHeld(row)
    },

    async nextInLane(tx, { topic, group }, lane, after) {
      const [row] = await tx.query(
        ...sql`SELECT pos, topic, grp, source, id, state, lane, key, due, delayed, attempts,
          forced, edited, expires, published, headers, body, token, until, starts, alone
        FROM vestnik_inbox WHERE topic = ${topic} AND grp = ${group} AND lane = ${lane} AND pos > ${after}
          AND ((state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1))
        ORDER BY pos LIMIT 1`,
      )
      return row && toHeld(row)
    },

    async isClaimed(tx, { topic, group, source, id }, token) {
      const rows = await tx.query(
        ...sql`SELECT 1 FROM vestnik_inbox
        WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}
          AND state = 'held' AND token = ${token}`,
      )
      return rows.length > 0
    },

    async takePlace(tx, { topic, group, source, id }) {
      await tx.query(
        ...(sql.dialect === 'sqlite'
          ? sql`UPDATE vestnik_inbox
            SET delayed = 0, rev = rev + 1, pos = (SELECT max(pos) + 1 FROM vestnik_inbox)
            WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`
          : sql`UPDATE vestnik_inbox
            SET delayed = 0, rev = rev + 1, pos = nextval(pg_get_serial_sequence('vestnik_inbox', 'pos'))
            WHERE topic = ${topic} AND grp = ${group} AND source = ${source} AND id = ${id}`),
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
      const positions = old.map(({ pos }) => pos).join(',')
      await tx.query(
        ...(sql.dialect === 'sqlite'
          ? sql`DELETE FROM vestnik_inbox WHERE pos IN (SELECT value FROM json_each(${`[${positions}]`}))`
          : sql`DELETE FROM vestnik_inbox WHERE pos = ANY(CAST(${`{${positions}}`} AS BIGINT[]))`),
      )
      const last = rows.at(-1)
      const reachedRecent = last === undefined || (isEnded(last) && Number(last.changed) >= endedBefore)
      return rows.length < most || reachedRecent ? undefined : Number(last.pos)
    },
  }
}

const isEnded = (row: Row) => row.state === 'done' || row.state === 'dropped'

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
