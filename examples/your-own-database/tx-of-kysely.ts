/** Your transaction of Kysely, as the bus takes it. */
import type { Row, Tx } from '@vestnik/bus'
import { CompiledQuery, type Transaction } from 'kysely'

export function txOfKysely<Database>(trx: Transaction<Database>): Tx {
  return {
    query: async (sql, values) => (await trx.executeQuery<Row>(CompiledQuery.raw(sql, [...values]))).rows,
  }
}
