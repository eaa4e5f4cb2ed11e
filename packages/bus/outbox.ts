/** The outbox: messages that a transaction of the service decided to send, in the order of their positions. */
import type { Code } from './errors.ts'
import { addingTo } from './outbox-add.ts'
import type { Sql } from './sql.ts'
import type { Dialect, Row, Tx } from './store.ts'
import type { Outgoing } from './transport.ts'

/** At most this many messages, or this many bytes, are read and published at once. */
const batchRows = 1_000
const batchBytes = 4 * 1024 * 1024
/** Bodies up to this size are read before it is known how many fit. */
const smallBytes = 4 * 1024

/** So many parts the outbox has, by the hash of the key. In SQLite one process relays, so that one part is enough. */
export const shardCount: Readonly<Record<Dialect, number>> = { sqlite: 1, postgres: 16 }

export interface OutboxRow extends Outgoing {
  readonly created: number
  /** When the broker refuses it, the later messages of its key stay behind it. */
  readonly parks: boolean
}

export interface TakenRow extends Outgoing {
  readonly pos: number
  readonly shard: number
}

/** What of the outbox is meant: all, unless it is said. */
export interface Part {
  readonly carries?: ((topic: string) => boolean) | undefined
  /** In SQLite there is one. */
  readonly shards?: readonly number[]
}

/** What there is to take. */
export interface Taken {
  readonly batch: readonly TakenRow[]
  readonly found: Found
}

/** `heldUp`: none of what waits can be taken yet, as a transaction that began before still runs, anywhere on the server. */
export type Found = 'nothing' | 'some' | 'heldUp'

export interface Outbox {
  add(tx: Tx, row: OutboxRow): Promise<void>
  /**
   * The next messages to publish: none that is set aside, and none behind one that is set aside and parks its key. `sent`
   * are positions that the broker holds already: they are passed over.
   */
  take(tx: Tx, part?: Part, sent?: readonly number[]): Promise<Taken>
  /** Whether there is anything to take. */
  look(tx: Tx, carries?: Part['carries']): Promise<Found>
  /** The broker holds them: they leave the table, each by its own position, never by a cursor. */
  removeSent(tx: Tx, positions: readonly number[]): Promise<void>
  /** The broker refused them: they stay for a person, and hold up nothing that is behind (unless they park their key). */
  setAside(tx: Tx, positions: readonly number[], code: Code): Promise<void>
}

/** By position. */
type Bodies = ReadonlyMap<Row[string] | undefined, Row[string] | undefined>

interface Limits {
  readonly most: number
  readonly small: number
}

export function outboxFor(sql: Sql): Outbox {
  const allShards = Array.from({ length: shardCount[sql.dialect] }, (_, shard) => shard)
  return {
    add: addingTo(sql),

    async take(tx, part = {}, sent = []) {
      const waiting = await read(tx, part, sent, smallBytes)
      const free = beforeHeldUp(waiting)
      const rows = batchOf(free)
      const bodies = await largeBodies(tx, rows)
      return { batch: rows.map((row) => toTaken(row, bodies)), found: foundOf(waiting, free) }
    },

    async look(tx, carries) {
      const waiting = await read(tx, { carries }, [], 0)
      return foundOf(waiting, beforeHeldUp(waiting))
    },

    // In PostgreSQL the planner is told how near to each other they are, or it would rather read the whole table.
    async removeSent(tx, positions) {
      await tx.query(
        ...(sql.dialect === 'sqlite'
          ? sql`DELETE FROM vestnik_outbox WHERE state = 'new'
            AND pos IN (SELECT value FROM json_each(${JSON.stringify(positions)}))`
          : sql`DELETE FROM vestnik_outbox WHERE state = 'new'
            AND pos >= ${positions[0] ?? 0} AND pos <= ${positions.at(-1) ?? 0}
            AND pos = ANY(CAST(${arrayOf(positions)} AS BIGINT[]))`),
      )
    },

    async setAside(tx, positions, code) {
      await tx.query(
        ...(sql.dialect === 'sqlite'
          ? sql`UPDATE vestnik_outbox SET state = 'aside', reason = ${code}
            WHERE state = 'new' AND pos IN (SELECT value FROM json_each(${JSON.stringify(positions)}))`
          : sql`UPDATE vestnik_outbox SET state = 'aside', reason = ${code}
            WHERE state = 'new' AND pos = ANY(CAST(${arrayOf(positions)} AS BIGINT[]))`),
      )
    },
  }

  /**
   * Rows with their sizes, and those bodies that are not larger than `small`. What is behind a message that parks its key
   * is passed over, however much it is: it must not fill the batch.
   */
  async function read(
    tx: Tx,
    { carries, shards }: Part,
    sent: readonly number[],
    small: number,
  ): Promise<readonly Row[]> {
    const limits = { most: batchRows, small }
    if (carries) return nextOf(tx, await topicsOf(tx, carries), shards ?? allShards, sent, limits)
    if (shards && shards.length < shardCount[sql.dialect]) return nextIn(tx, shards, undefined, sent, limits)
    return nextOfAll(tx, sent, limits)
  }

  /** By their positions. In PostgreSQL the planner is told how near to each other they are. */
  async function largeBodies(tx: Tx, rows: readonly Row[]): Promise<Bodies> {
    const positions = rows.filter(({ body }) => body === null).map(({ pos }) => Number(pos))
    if (positions.length === 0) return new Map()
    const found = await tx.query(
      ...(sql.dialect === 'sqlite'
        ? sql`SELECT pos, body FROM vestnik_outbox
          WHERE pos IN (SELECT value FROM json_each(${JSON.stringify(positions)}))`
        : sql`SELECT pos, body FROM vestnik_outbox
          WHERE pos >= ${positions[0] ?? 0} AND pos <= ${positions.at(-1) ?? 0}
          AND pos = ANY(CAST(${arrayOf(positions)} AS BIGINT[]))`),
    )
    return new Map(found.map(({ pos, body }) => [pos, body] as const))
  }

  /**
   * In PostgreSQL `behind` is what was not written below the oldest transaction that still runs: one that commits late may
   * have rows with earlier positions. Its planner must see no shorter way than by position (no join, no index of what is
   * new), or it reads all that waits to sort it. It begins at the first new one: many may be set aside before that.
   */
  function nextOfAll(tx: Tx, sent: readonly number[], { most, small }: Limits): Promise<readonly Row[]> {
    return tx.query(
      ...(sql.dialect === 'sqlite'
        ? sql`SELECT pos, 0 AS shard, 0 AS behind, length(body) AS bytes,
            id, topic, key, headers, CASE WHEN length(body) <= ${small} THEN body END AS body FROM vestnik_outbox AS o
          WHERE state = 'new' AND pos NOT IN (SELECT value FROM json_each(${JSON.stringify(sent)})) AND NOT EXISTS (
            SELECT 1 FROM vestnik_outbox AS a
            WHERE a.state = 'aside' AND a.parks = 1 AND a.topic = o.topic AND a.key = o.key AND a.pos < o.pos)
          ORDER BY pos LIMIT ${most}`
        : sql`SELECT pos, shard, xid >= pg_snapshot_xmin(pg_current_snapshot()) AS behind, length(body) AS bytes,
            id, topic, key, headers, CASE WHEN length(body) <= ${small} THEN body END AS body
          FROM vestnik_outbox AS o WHERE state NOT IN ('aside', 'dropped')
          AND pos >= (SELECT min(head.pos) FROM generate_series(0, ${shardCount.postgres - 1}) AS s (shard)
            CROSS JOIN LATERAL (
              SELECT pos FROM vestnik_outbox AS h WHERE state = 'new' AND h.shard >= s.shard AND h.shard <= s.shard
              ORDER BY h.shard, pos LIMIT 1) AS head)
          AND pos NOT IN (SELECT unnest(CAST(${arrayOf(sent)} AS BIGINT[]))) AND NOT EXISTS (
            SELECT 1 FROM vestnik_outbox AS a WHERE a.state = 'aside' AND a.parks = 1
            AND a.topic = o.topic AND a.key = o.key AND a.pos < o.pos OFFSET 0)
          ORDER BY pos LIMIT ${most}`),
    )
  }

  /**
   * Of some shards, the first ones of each: what another process has left waiting in its own is not read. Only an index
   * by shard and position has the order that is asked for. Not the earliest of all, but without a gap in any shard.
   */
  async function nextIn(
    tx: Tx,
    shards: readonly number[],
    topic: string | undefined,
    sent: readonly number[],
    { most, small }: Limits,
  ): Promise<readonly Row[]> {
    const share = Math.min(most, Math.ceil((2 * most) / shards.length))
    const first = topic === undefined ? firstOfShards : firstOfTopic
    const rows = await first(share)
    // Few shards may have nearly all of it, such as that of one busy key.
    return rows.length < share || rows.length >= most ? rows : first(most)

    function firstOfShards(each: number): Promise<readonly Row[]> {
      return tx.query(
        ...sql`SELECT o.* FROM unnest(CAST(${arrayOf(shards)} AS SMALLINT[])) AS s (shard) CROSS JOIN LATERAL (
          SELECT pos, o.shard, xid >= pg_snapshot_xmin(pg_current_snapshot()) AS behind, length(body) AS bytes,
            id, topic, key, headers, CASE WHEN length(body) <= ${small} THEN body END AS body
          FROM vestnik_outbox AS o WHERE state = 'new' AND o.shard >= s.shard AND o.shard <= s.shard
          AND pos NOT IN (SELECT unnest(CAST(${arrayOf(sent)} AS BIGINT[]))) AND NOT EXISTS (
            SELECT 1 FROM vestnik_outbox AS a WHERE a.state = 'aside' AND a.parks = 1
            AND a.topic = o.topic AND a.key = o.key AND a.pos < o.pos OFFSET 0)
          ORDER BY o.shard, pos LIMIT ${each}) AS o
        ORDER BY o.pos LIMIT ${most}`,
      )
    }

    function firstOfTopic(each: number): Promise<readonly Row[]> {
      return tx.query(
        ...sql`SELECT o.* FROM unnest(CAST(${arrayOf(shards)} AS SMALLINT[])) AS s (shard) CROSS JOIN LATERAL (
          SELECT pos, o.shard, xid >= pg_snapshot_xmin(pg_current_snapshot()) AS behind, length(body) AS bytes,
            id, topic, key, headers, CASE WHEN length(body) <= ${small} THEN body END AS body
          FROM vestnik_outbox AS o WHERE state = 'new' AND topic >= ${topic ?? null} AND topic <= ${topic ?? null}
          AND o.shard >= s.shard AND o.shard <= s.shard
          AND pos NOT IN (SELECT unnest(CAST(${arrayOf(sent)} AS BIGINT[]))) AND NOT EXISTS (
            SELECT 1 FROM vestnik_outbox AS a WHERE a.state = 'aside' AND a.parks = 1
            AND a.topic = o.topic AND a.key = o.key AND a.pos < o.pos OFFSET 0)
          ORDER BY o.topic, o.shard, pos LIMIT ${each}) AS o
        ORDER BY o.pos LIMIT ${most}`,
      )
    }
  }

  /**
   * Of these topics; however many rows of others wait, none of them is read: in PostgreSQL only the index by topic, shard
   * and position has the order that is asked for.
   */
  async function nextOf(
    tx: Tx,
    topics: readonly string[],
    shards: readonly number[],
    sent: readonly number[],
    limits: Limits,
  ): Promise<readonly Row[]> {
    const { most, small } = limits
    const found: Row[] = []
    for (const topic of topics) {
      const rows =
        sql.dialect === 'sqlite'
          ? await tx.query(
              ...sql`SELECT pos, 0 AS shard, 0 AS behind, length(body) AS bytes,
            id, topic, key, headers, CASE WHEN length(body) <= ${small} THEN body END AS body FROM vestnik_outbox AS o
              WHERE state = 'new' AND topic = ${topic} AND pos NOT IN (SELECT value FROM json_each(${JSON.stringify(sent)}))
              AND NOT EXISTS (
                SELECT 1 FROM vestnik_outbox AS a
                WHERE a.state = 'aside' AND a.parks = 1 AND a.topic = o.topic AND a.key = o.key AND a.pos < o.pos)
              ORDER BY pos LIMIT ${most}`,
            )
          : await nextIn(tx, shards, topic, sent, limits)
      found.push(...rows)
    }
    return found.sort((a, b) => Number(a.pos) - Number(b.pos)).slice(0, most)
  }

  /** The topics that wait, each found by one step into the index. */
  async function topicsOf(tx: Tx, carries: (topic: string) => boolean): Promise<readonly string[]> {
    const rows = await tx.query(
      ...sql`WITH RECURSIVE waiting (topic) AS (
        SELECT min(topic) FROM vestnik_outbox WHERE state = 'new'
        UNION ALL
        SELECT (SELECT min(topic) FROM vestnik_outbox AS o WHERE o.state = 'new' AND o.topic > waiting.topic)
        FROM waiting WHERE waiting.topic IS NOT NULL)
      SELECT topic FROM waiting WHERE topic IS NOT NULL`,
    )
    return rows.map(({ topic }) => String(topic)).filter(carries)
  }
}

/**
 * Of each shard what is before its first row that is held up. One behind it may have been written by a transaction that
 * began long ago, then waited for a lock of that first one's: only their positions tell which came first.
 */
function beforeHeldUp(rows: readonly Row[]): readonly Row[] {
  const heldUp = new Set<Row[string]>()
  return rows.filter(({ shard = 0, behind }) => {
    if (behind === 1) heldUp.add(shard)
    return !heldUp.has(shard)
  })
}

/** A shard's first row that is held up holds up what is behind it; so where every shard begins with one, nothing is left. */
const foundOf = (waiting: readonly Row[], free: readonly Row[]): Found =>
  waiting.length === 0 ? 'nothing' : free.length === 0 ? 'heldUp' : 'some'

/** The first rows that fit into a batch, at least one. */
function batchOf(rows: readonly Row[]): readonly Row[] {
  let bytes = 0
  const fits = rows.findIndex((row, i) => {
    bytes += Number(row.bytes)
    return i > 0 && bytes > batchBytes
  })
  return fits < 0 ? rows : rows.slice(0, fits)
}

/** As PostgreSQL writes an array. */
const arrayOf = (positions: readonly number[]) => `{${positions.join(',')}}`

function toTaken(row: Row, large: Bodies): TakenRow {
  return {
    pos: Number(row.pos),
    shard: Number(row.shard),
    id: String(row.id),
    topic: String(row.topic),
    ...(row.key !== null && { key: String(row.key) }),
    headers: JSON.parse(String(row.headers)) as Record<string, string>,
    body: (row.body ?? large.get(row.pos)) as Uint8Array,
  }
}
