/** Looking at what is held, dead, or still in the outbox. */
import { BusError } from './errors.ts'
import type {
  DeadCount,
  HeldMessage,
  ListOptions,
  MessageDetail,
  MessageRef,
  Operations,
  OutboxMessage,
} from './operations.ts'
import type { Sql } from './sql.ts'
import type { Row, SqlValue, Store, Tx } from './store.ts'

type Looks = Pick<Operations, 'listDead' | 'listHeld' | 'countDead' | 'show' | 'listOutbox' | 'history'>

export function looksOn(store: Store, sql: Sql): Looks {
  const list = (state: 'held' | 'dead', { topic, group, after, limit }: ListOptions) =>
    store.read((tx) =>
      tx.query(
        ...sql`SELECT * FROM vestnik_inbox WHERE state IN ('held', 'dead') AND state = ${state}
        AND (CAST(${topic ?? null} AS TEXT) IS NULL OR topic = ${topic ?? null})
        AND (CAST(${group ?? null} AS TEXT) IS NULL OR grp = ${group ?? null})
        AND pos > ${after ?? 0} ORDER BY pos LIMIT ${limit ?? 100}`,
      ),
    )

  return {
    listDead: async (options = {}) => (await list('dead', options)).map(toMessage),
    listHeld: async (options = {}) => (await list('held', options)).map(toMessage),

    async countDead({ topic, group } = {}) {
      const rows = await store.read((tx) =>
        tx.query(
          ...sql`SELECT topic, grp, reason, count(*) AS n, count(CASE WHEN uncertain > 0 THEN 1 END) AS doubts, min(changed) AS oldest, max(changed) AS newest
          FROM vestnik_inbox WHERE state IN ('held', 'dead') AND state = 'dead'
            AND (CAST(${topic ?? null} AS TEXT) IS NULL OR topic = ${topic ?? null})
            AND (CAST(${group ?? null} AS TEXT) IS NULL OR grp = ${group ?? null})
          GROUP BY topic, grp, reason ORDER BY n DESC, topic, grp, reason`,
        ),
      )
      return rows.map(toCount)
    },

    show: (ref) => store.read(async (tx) => toDetail(await findWaiting(tx, sql, ref))),

    async listOutbox({ topic, state, after, limit } = {}) {
      const rows = await store.read((tx) =>
        tx.query(
          ...sql`SELECT pos, id, topic, key, state, reason, created, length(body) AS bytes FROM vestnik_outbox
          WHERE state IN ('new', 'aside') AND (CAST(${state ?? null} AS TEXT) IS NULL OR state = ${state ?? null})
            AND (CAST(${topic ?? null} AS TEXT) IS NULL OR topic = ${topic ?? null})
            AND pos > ${after ?? 0} ORDER BY pos LIMIT ${limit ?? 100}`,
        ),
      )
      return rows.map(toOutboxMessage)
    },

    async history({ limit } = {}) {
      const rows = await store.read((tx) =>
        tx.query(...sql`SELECT * FROM vestnik_operations ORDER BY seq DESC LIMIT ${limit ?? 100}`),
      )
      return rows.map((row) => ({
        seq: Number(row.seq),
        who: String(row.who),
        at: Number(row.at),
        what: String(row.what),
        on: String(row.target),
        result: String(row.result),
      }))
    },
  }
}

/** The row of a message, whatever became of it, by its names or its short number. @throws BusError `NOT_FOUND` */
export async function findWaiting(tx: Tx, sql: Sql, ref: MessageRef | number): Promise<Row> {
  const [row] =
    typeof ref === 'number'
      ? await tx.query(...sql`SELECT * FROM vestnik_inbox WHERE pos = ${ref}`)
      : await tx.query(
          ...sql`SELECT * FROM vestnik_inbox
          WHERE topic = ${ref.topic} AND grp = ${ref.group} AND source = ${ref.source} AND id = ${ref.id}`,
        )
  if (row) return row
  throw new BusError('NOT_FOUND', `there is no message ${describe(ref)} in this database`)
}

const describe = (ref: MessageRef | number) =>
  typeof ref === 'number' ? `number ${ref}` : `${ref.id} of ${ref.source || 'a peer'} in ${ref.group} of ${ref.topic}`

function toMessage(row: Row): HeldMessage {
  return {
    topic: String(row.topic),
    group: String(row.grp),
    source: String(row.source),
    id: String(row.id),
    pos: Number(row.pos),
    state: row.state === 'dead' ? 'dead' : 'held',
    key: text(row.key),
    reason: text(row.reason) ?? (row.delayed === 1 ? 'delayed' : row.attempts === 0 ? 'waits its turn' : 'failed'),
    errorClass: text(row.error_class),
    errorMessage: text(row.error_message),
    errorFrame: text(row.error_frame),
    attempts: Number(row.attempts),
    uncertain: Number(row.uncertain),
    edited: Number(row.edited),
    revision: Number(row.rev),
    publishedAt: Number(row.published),
    arrivedAt: Number(row.arrived),
    changedAt: Number(row.changed),
    dueAt: number(row.due),
    expiresAt: number(row.expires),
    origin: String(row.origin ?? ''),
    parks: row.parks === 1,
  }
}

function toDetail(row: Row): MessageDetail {
  if (row.state !== 'held' && row.state !== 'dead') {
    throw new BusError('NOT_DEAD', `message ${row.id} is ${row.state}: it neither waits nor failed`)
  }
  return {
    ...toMessage(row),
    headers: JSON.parse(String(row.headers ?? '{}')) as Record<string, string>,
    body: row.body instanceof Uint8Array ? row.body : new Uint8Array(),
    secret: JSON.parse(String(row.secret ?? '[]')) as string[],
  }
}

function toCount(row: Row): DeadCount {
  return {
    topic: String(row.topic),
    group: String(row.grp),
    reason: text(row.reason) ?? '',
    count: Number(row.n),
    uncertain: Number(row.doubts),
    oldestAt: Number(row.oldest),
    newestAt: Number(row.newest),
  }
}

function toOutboxMessage(row: Row): OutboxMessage {
  return {
    pos: Number(row.pos),
    id: String(row.id),
    topic: String(row.topic),
    key: text(row.key),
    state: row.state === 'aside' ? 'aside' : 'new',
    reason: text(row.reason),
    createdAt: Number(row.created),
    bytes: Number(row.bytes),
  }
}

const text = (value: SqlValue | undefined) => (value === null || value === undefined ? undefined : String(value))
const number = (value: SqlValue | undefined) => (value === null || value === undefined ? undefined : Number(value))
