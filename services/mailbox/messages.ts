/** The messages that the mailbox keeps: the newest, up to a number and a size. */
import { randomUUID } from 'node:crypto'
import type { Row, Store, Tx } from '@vestnik/bus/store'
import { type Arrival, type Envelope, type Mail, readMail, type Summary } from './mail.ts'

export interface Totals {
  readonly total: number
  readonly unread: number
  readonly bytes: number
}

export interface Listed extends Summary {
  readonly Read: boolean
}

export interface Messages {
  /** Keeps a mail and answers its id: it is durable when this resolves. The oldest go when there are too many. */
  add(envelope: Envelope, raw: Uint8Array): Promise<string>
  /** The newest first. */
  list(start: number, limit: number): Promise<Totals & { readonly messages: readonly Listed[] }>
  /** Reads the mail, which is read from then on. `latest` is the id of the newest. */
  open(id: string): Promise<Mail | undefined>
  /** As it came. */
  source(id: string): Promise<Uint8Array | undefined>
  /** @default all */
  remove(ids?: readonly string[]): Promise<void>
  totals(): Promise<Totals>
}

export interface Limits {
  readonly messages: number
  /** Of all sources together. */
  readonly bytes: number
}

export const standardLimits: Limits = { messages: 5000, bytes: 50 * 1024 * 1024 }

export function messagesIn(store: Store, limits: Limits = standardLimits): Messages {
  async function find(id: string): Promise<Row | undefined> {
    const [sql, values] = id === 'latest' ? [selectNewest, []] : [selectOne, [id]]
    const [row] = await store.read((tx) => tx.query(sql, values))
    return row
  }

  return {
    async add(envelope, raw) {
      const arrival = { id: randomUUID().replaceAll('-', ''), receivedAt: Date.now(), envelope, raw }
      const { summary } = await readMail(arrival)
      await store.transaction(async (tx) => {
        await insert(tx, arrival, summary)
        await trim(tx, limits)
      })
      return arrival.id
    },
    list: (start, limit) =>
      store.read(async (tx) => {
        const rows = await tx.query(selectPage, [limit, start])
        return { ...(await totalsOf(tx)), messages: rows.map(listedOf) }
      }),
    async open(id) {
      const row = await find(id)
      if (row === undefined) return undefined
      if (Number(row.unread) > 0) await store.transaction((tx) => tx.query(markRead, [String(row.id)]))
      return await readMail(arrivalOf(row))
    },
    async source(id) {
      const row = await find(id)
      return row && arrivalOf(row).raw
    },
    async remove(ids) {
      await store.transaction((tx) => (ids === undefined ? removeAll(tx) : removeThese(tx, ids)))
    },
    totals: () => store.read(totalsOf),
  }
}

const select = 'SELECT id, received_at, envelope, unread, raw FROM messages JOIN sources USING (seq)'
const selectOne = `${select} WHERE id = ?`
const selectNewest = `${select} ORDER BY seq DESC LIMIT 1`
const selectPage = 'SELECT summary, unread FROM messages ORDER BY seq DESC LIMIT ? OFFSET ?'
const markRead = 'UPDATE messages SET unread = 0 WHERE id = ?'

async function insert(tx: Tx, { id, receivedAt, envelope, raw }: Arrival, summary: Summary): Promise<void> {
  const [row] = await tx.query(
    `INSERT INTO messages (id, received_at, envelope, size, unread, summary) VALUES (?, ?, ?, ?, 1, ?) RETURNING seq`,
    [id, receivedAt, JSON.stringify(envelope), raw.length, JSON.stringify(summary)],
  )
  await tx.query('INSERT INTO sources (seq, raw) VALUES (?, ?)', [Number(row?.seq), raw])
}

/** The oldest go; the newest stays, however large it is. */
async function trim(tx: Tx, limits: Limits): Promise<void> {
  let { total, bytes } = await totalsOf(tx)
  const isTooMuch = (): boolean => total > 1 && (total > limits.messages || bytes > limits.bytes)
  while (isTooMuch()) {
    let last = 0
    for (const row of await tx.query('SELECT seq, size FROM messages ORDER BY seq LIMIT 500', [])) {
      if (!isTooMuch()) break
      last = Number(row.seq)
      total -= 1
      bytes -= Number(row.size)
    }
    await tx.query('DELETE FROM messages WHERE seq <= ?', [last])
    await tx.query('DELETE FROM sources WHERE seq <= ?', [last])
  }
}

async function removeAll(tx: Tx): Promise<void> {
  await tx.query('DELETE FROM messages', [])
  await tx.query('DELETE FROM sources', [])
}

async function removeThese(tx: Tx, ids: readonly string[]): Promise<void> {
  const wanted = JSON.stringify(ids)
  await tx.query(
    'DELETE FROM sources WHERE seq IN (SELECT seq FROM messages WHERE id IN (SELECT value FROM json_each(?)))',
    [wanted],
  )
  await tx.query('DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))', [wanted])
}

async function totalsOf(tx: Tx): Promise<Totals> {
  const [row] = await tx.query('SELECT count(*) AS total, sum(unread) AS unread, sum(size) AS bytes FROM messages', [])
  return { total: Number(row?.total), unread: Number(row?.unread), bytes: Number(row?.bytes) }
}

function arrivalOf(row: Row): Arrival {
  const { id, received_at: receivedAt, envelope, raw } = row
  if (!(raw instanceof Uint8Array)) throw new TypeError('a source is a blob')
  return { id: String(id), receivedAt: Number(receivedAt), envelope: JSON.parse(String(envelope)), raw }
}

const listedOf = (row: Row): Listed => ({ ...JSON.parse(String(row.summary)), Read: Number(row.unread) === 0 })
