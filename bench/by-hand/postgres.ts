/** An outbox and an inbox by hand in PostgreSQL, as a careful developer writes them with pg: prepared, a pool, arrays. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { keyOf, type Payload } from '../harness/messages.ts'

export interface Waiting {
  readonly pos: string
  readonly id: string
  readonly headers: string
  readonly body: string
}

export interface Mail {
  readonly id: string
  readonly order: Payload
}

export interface Outbox extends AsyncDisposable {
  /** Writes the orders and their messages in one transaction, whose commit wakes who listens. */
  place(orders: readonly Payload[], notify?: 'notify'): Promise<void>
  /** The oldest messages, at most so many. */
  oldest(limit: number): Promise<readonly Waiting[]>
  forget(positions: readonly string[]): Promise<void>
}

export interface Inbox extends AsyncDisposable {
  /** Marks the messages, and writes a bill for each that is new, in one transaction. */
  handle(mails: readonly Mail[]): Promise<void>
}

/** How many connections each process has. */
const max = 10

/**
 * @param arrays business rows are written by one statement for all of a transaction; else by one for each, as code does
 * that decides about each
 */
export async function openOutbox(url: string, arrays = true): Promise<Outbox> {
  const pool = new pg.Pool({ connectionString: url, max })
  await pool.query(`CREATE TABLE orders (n BIGINT NOT NULL, customer TEXT NOT NULL, at BIGINT NOT NULL, note TEXT NOT NULL);
    CREATE TABLE outbox (pos BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT NOT NULL, key TEXT NOT NULL,
      headers TEXT NOT NULL, body TEXT NOT NULL)`)
  return {
    place: (orders, notify) =>
      inTransaction(pool, async (client) => {
        const ids = orders.map(() => randomUUID())
        for (const some of arrays ? [orders] : orders.map((order) => [order])) await client.query(placed(some))
        await client.query(added(orders, ids))
        if (notify) await client.query('NOTIFY outbox')
      }),
    async oldest(limit) {
      const text = 'SELECT pos, id, headers, body FROM outbox ORDER BY pos LIMIT $1'
      return (await pool.query({ name: 'oldest', text, values: [limit] })).rows as Waiting[]
    },
    async forget(positions) {
      await pool.query({
        name: 'forget',
        text: 'DELETE FROM outbox WHERE pos = ANY($1::bigint[])',
        values: [positions],
      })
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

export async function openInbox(url: string, arrays = true): Promise<Inbox> {
  const pool = new pg.Pool({ connectionString: url, max })
  await pool.query(`CREATE TABLE bills (n BIGINT NOT NULL, customer TEXT NOT NULL, at BIGINT NOT NULL);
    CREATE TABLE inbox (id TEXT PRIMARY KEY, at BIGINT NOT NULL)`)
  return {
    handle: (mails) =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query(marked(mails.map(({ id }) => id)))
        const fresh = new Set(rows.map(({ id }: { id: string }) => id))
        const orders = mails.filter(({ id }) => fresh.has(id)).map(({ order }) => order)
        for (const some of arrays ? [orders] : orders.map((order) => [order])) {
          if (some.length > 0) await client.query(billed(some))
        }
      }),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

/** Calls at each notification of a commit. */
export async function listenOn(url: string, heard: () => void): Promise<AsyncDisposable> {
  const client = new pg.Client(url)
  await client.connect()
  client.on('notification', heard)
  await client.query('LISTEN outbox')
  return { [Symbol.asyncDispose]: () => client.end() }
}

async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await work(client)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

const placed = (orders: readonly Payload[]): pg.QueryConfig => ({
  name: 'placed',
  text: `INSERT INTO orders (n, customer, at, note)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[])`,
  values: [
    orders.map(({ n }) => n),
    orders.map(({ customer }) => customer),
    orders.map(({ at }) => at),
    orders.map(({ note }) => note),
  ],
})

const added = (orders: readonly Payload[], ids: readonly string[]): pg.QueryConfig => ({
  name: 'added',
  text: `INSERT INTO outbox (id, key, headers, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])`,
  values: [
    ids,
    orders.map(({ n }) => keyOf(n)),
    ids.map((id) => JSON.stringify(headersOf(id))),
    orders.map((order) => JSON.stringify(order)),
  ],
})

const marked = (ids: readonly string[]): pg.QueryConfig => ({
  name: 'marked',
  text: `INSERT INTO inbox (id, at) SELECT id, $2 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING RETURNING id`,
  values: [ids, Date.now()],
})

const billed = (orders: readonly Payload[]): pg.QueryConfig => ({
  name: 'billed',
  text: `INSERT INTO bills (n, customer, at) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])`,
  values: [orders.map(({ n }) => n), orders.map(({ customer }) => customer), orders.map(({ at }) => at)],
})

function headersOf(id: string): Record<string, string> {
  return {
    id,
    source: 'shop',
    type: 'order.placed',
    time: new Date().toISOString(),
    'content-type': 'application/json',
  }
}
