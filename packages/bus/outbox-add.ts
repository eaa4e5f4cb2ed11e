/** Adding to the outbox. In PostgreSQL, where each statement is a walk to the server, those of one turn share one. */
import type { OutboxRow } from './outbox.ts'
import { arrayOfTexts, type Sql } from './sql.ts'
import type { Tx } from './store.ts'

/** At most this many rows, or this many bytes, are one statement. */
const mostRows = 500
const mostBytes = 1024 * 1024

/** Positions are in the order of the calls. */
export function addingTo(sql: Sql): (tx: Tx, row: OutboxRow) => Promise<void> {
  return sql.dialect === 'sqlite' ? (tx, row) => addOne(sql, tx, row) : together(sql)
}

interface Gathered {
  readonly rows: OutboxRow[]
  bytes: number
  readonly added: Promise<void>
}

/** What is added to a transaction before its caller awaits anything is sent as soon as that has run. */
function together(sql: Sql): (tx: Tx, row: OutboxRow) => Promise<void> {
  const gathering = new WeakMap<Tx, Gathered>()

  return (tx, row) => {
    let gathered = gathering.get(tx)
    if (gathered === undefined || gathered.rows.length >= mostRows || gathered.bytes >= mostBytes) {
      gathered = gather(tx)
      gathering.set(tx, gathered)
    }
    gathered.rows.push(row)
    gathered.bytes += row.body.byteLength
    return gathered.added
  }

  function gather(tx: Tx): Gathered {
    const rows: OutboxRow[] = []
    const added = Promise.resolve().then(() => {
      if (gathering.get(tx)?.rows === rows) gathering.delete(tx)
      const [first] = rows
      return first && rows.length === 1 ? addOne(sql, tx, first) : addAll(sql, tx, rows)
    })
    return { rows, bytes: 0, added }
  }
}

async function addOne(sql: Sql, tx: Tx, { id, topic, key, headers, body, created, parks }: OutboxRow): Promise<void> {
  await tx.query(
    ...sql`INSERT INTO vestnik_outbox (id, topic, key, headers, body, created, parks)
    VALUES (${id}, ${topic}, ${key ?? null}, ${JSON.stringify(headers)}, ${body}, ${created}, ${parks ? 1 : 0})`,
  )
}

async function addAll(sql: Sql, tx: Tx, rows: readonly OutboxRow[]): Promise<void> {
  const column = (textOf: (row: OutboxRow) => string | null) => arrayOfTexts(rows.map(textOf))
  await tx.query(
    ...sql`INSERT INTO vestnik_outbox (id, topic, key, headers, body, created, parks)
    SELECT id, topic, key, headers, body, created, parks FROM unnest(
      CAST(${column(({ id }) => id)} AS TEXT[]), CAST(${column(({ topic }) => topic)} AS TEXT[]),
      CAST(${column(({ key }) => key ?? null)} AS TEXT[]),
      CAST(${column(({ headers }) => JSON.stringify(headers))} AS TEXT[]),
      CAST(${column(({ body }) => `\\x${body.toHex()}`)} AS BYTEA[]),
      CAST(${column(({ created }) => String(created))} AS BIGINT[]),
      CAST(${column(({ parks }) => (parks ? '1' : '0'))} AS INTEGER[]))
      WITH ORDINALITY AS row (id, topic, key, headers, body, created, parks, place)
    ORDER BY place`,
  )
}
