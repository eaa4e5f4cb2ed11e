/** One way to write a service's statements: `?` for each value in order, on every database. */
import type { Store, Tx } from '@vestnik/bus/store'

/** Texts that are kept in mind: a service has few, but for lists of any length. */
const most = 1_000

/**
 * The store, of which every `tx` takes `?` in order, where a database of its dialect knows `$1 …` only. What has none is
 * left as it is: the bus writes the dialect's own.
 */
export function withQuestionMarks<S extends Store>(store: S): S {
  if (store.dialect !== 'postgres') return store
  const texts = new Map<string, string>()
  function numbered(sql: string): string {
    const known = texts.get(sql)
    if (known !== undefined) return known
    if (texts.size >= most) texts.clear()
    const text = number(sql)
    texts.set(sql, text)
    return text
  }
  const around = (tx: Tx): Tx => ({ query: (sql, values) => tx.query(numbered(sql), values) })
  return {
    ...store,
    transaction: (work: (tx: Tx) => Promise<unknown>) => store.transaction((tx) => work(around(tx))),
    read: (work: (tx: Tx) => Promise<unknown>) => store.read((tx) => work(around(tx))),
  }
}

/** Each `?` that stands in no quoted text. */
function number(sql: string): string {
  let count = 0
  return sql.replace(/'(?:[^']|'')*'|"[^"]*"|\?/g, (found) => (found === '?' ? `$${++count}` : found))
}
