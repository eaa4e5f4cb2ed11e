/** Your transaction of Knex, as the bus takes it. */
import type { Row, Tx } from '@vestnik/bus'
import type { Knex } from 'knex'

export function txOfKnex(trx: Knex.Transaction): Tx {
  return {
    async query(sql, values) {
      // Knex wants `?` for every database; on SQLite it answers rows, on PostgreSQL a result that has them.
      const result: unknown = await trx.raw(sql.replaceAll(/\$\d+/g, '?'), [...values] as Knex.RawBinding[])
      if (Array.isArray(result)) return result as Row[]
      return (result as { readonly rows?: Row[] }).rows ?? []
    },
  }
}
