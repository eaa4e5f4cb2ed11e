/** Your transaction of Drizzle, as the bus takes it. */
import type { Row, SqlValue, Tx } from '@vestnik/bus'
import { sql as drizzleSql, type SQL } from 'drizzle-orm'

/** `run` hands the statement to your transaction and answers rows as objects: `(query) => tx.all(query)` on SQLite. */
export function txOfDrizzle(run: (query: SQL) => Promise<readonly Row[]>): Tx {
  return {
    query: (sql, values) => run(drizzleSql.join(chunksOf(sql, values))),
  }
}

/** Drizzle numbers placeholders itself: the text between ours goes in as it is, the values as parameters. */
function chunksOf(sql: string, values: readonly SqlValue[]): SQL[] {
  const texts = sql.split(/\?|\$\d+/)
  return texts.flatMap((text, i) =>
    i < values.length ? [drizzleSql.raw(text), drizzleSql`${values[i]}`] : [drizzleSql.raw(text)],
  )
}
