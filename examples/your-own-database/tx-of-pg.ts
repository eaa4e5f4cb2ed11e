/** Your transaction of pg, as the bus takes it. */
import type { Row, Tx } from '@vestnik/bus'
import type { ClientBase } from 'pg'

/** `client` is the one on which you ran BEGIN. */
export function txOfPg(client: ClientBase): Tx {
  return {
    query: async (sql, values) => (await client.query<Row>(sql, [...values])).rows,
  }
}
