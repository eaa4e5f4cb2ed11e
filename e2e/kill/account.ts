/** The account after a kill test: what was confirmed, what took effect, and what does not fit. */
import { existsSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { placesIn } from './orders.ts'

export interface Account {
  readonly confirmed: number
  /** Orders that are committed, confirmed or not. */
  readonly committed: number
  readonly booked: number
  readonly acts: number
  /** How often an act may have happened without its mark, as the ledger counted. */
  readonly uncertain: number
  /** Confirmed orders that are not there, or have no effect. */
  readonly lost: readonly string[]
  /** Effects that stand in the consumers' database more than once, or without an order. */
  readonly doubled: readonly string[]
  /** Acts beyond the first and those that are counted as uncertain. */
  readonly uncounted: readonly string[]
  readonly disordered: readonly string[]
  /** Orders that died though nothing is wrong with them: each time that they ran alone, their process was killed. */
  readonly buried: readonly string[]
  /** Orders that the broker was not given yet. */
  readonly unsent: number
  /** Messages that were taken and are neither done nor dead. */
  readonly held: number
  readonly dead: number
}

interface Placed {
  readonly n: string
  readonly key: string
  readonly seq: number
  readonly manner: string
}

export function accountOf(folder: string): Account {
  const places = placesIn(folder)
  const placed = rows(places.orders, 'SELECT seq, n, key, manner FROM placed').map(
    ({ seq, n, key, manner }): Placed => ({ n: String(n), key: String(key), seq: Number(seq), manner: String(manner) }),
  )
  const unsent = rows(places.orders, 'SELECT 1 FROM vestnik_outbox')
  const booked = rows(places.books, 'SELECT n FROM booked ORDER BY seq').map(({ n }) => String(n))
  const inbox = rows(
    places.books,
    "SELECT grp, id, source, topic, state, uncertain FROM vestnik_inbox WHERE state IN ('held', 'dead') OR uncertain > 0",
  )
  const confirmed = lines(places.confirmed)
  const acts = lines(places.acts).map((line) => line.split(' ') as [string, string])
  const doubts = new Map(inbox.map((row) => [keyOf(row), Number(row.uncertain)]))
  const actsOf = countBy(acts.map(([key]) => key))
  const bookings = countBy(booked)
  const orders = new Map(placed.map((one) => [one.n, one]))
  const acted = new Set(acts.map(([, n]) => n))
  const buried = replayedIds(places.books).flatMap((id) => {
    const n = acts.find(([key]) => key.endsWith(`/${id}`))?.[1] ?? id
    return orders.get(n)?.manner === 'dies' ? [] : [n]
  })
  return {
    confirmed: confirmed.length,
    committed: placed.length,
    booked: booked.length,
    acts: acts.length,
    uncertain: [...doubts.values()].reduce((sum, one) => sum + one, 0),
    lost: [...new Set([...confirmed, ...orders.keys()])].filter(
      (n) => !orders.has(n) || !bookings.has(n) || !acted.has(n),
    ),
    doubled: [...bookings].filter(([n, count]) => count > 1 || !orders.has(n)).map(([n]) => n),
    uncounted: [...actsOf].filter(([key, count]) => count > 1 + (doubts.get(key) ?? 0)).map(([key]) => key),
    disordered: [
      ...disordered(booked, orders, buried).map((n) => `booked ${n}`),
      ...disordered(acted, orders, buried).map((n) => `acted ${n}`),
    ],
    buried,
    unsent: unsent.length,
    held: inbox.filter(({ state }) => state === 'held').length,
    dead: inbox.filter(({ state }) => state === 'dead').length,
  }
}

type Row = Readonly<Record<string, unknown>>

function rows(path: string, sql: string): readonly Row[] {
  using database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  return database.prepare(sql).all()
}

const replayedIds = (path: string) =>
  rows(path, "SELECT target FROM vestnik_operations WHERE what = 'replay'").map(
    ({ target }) => String(target).split(' ').at(-1) ?? '',
  )

const lines = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [])

const keyOf = ({ topic, grp, source, id }: Row) => `${topic}/${grp}/${source}/${id}`

function countBy(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** What took effect after a later one of its key; those that died meanwhile take effect at their replay. */
function disordered(
  took: Iterable<string>,
  orders: ReadonlyMap<string, Placed>,
  buried: readonly string[],
): readonly string[] {
  const last = new Map<string, number>()
  return [...took].filter((n) => {
    const order = orders.get(n)
    if (!order || order.manner === 'dies' || buried.includes(n)) return false
    const before = last.get(order.key) ?? 0
    last.set(order.key, Math.max(before, order.seq))
    return order.seq < before
  })
}
