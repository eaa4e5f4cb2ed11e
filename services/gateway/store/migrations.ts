/** The tables of the gateway. */
import { inBoth, type Migrations } from '@vestnik/service'

export const migrations: Migrations = inBoth(({ whole, ordered, numbered }) => [
  [
    `CREATE TABLE logins (
      seq ${numbered},
      user_id ${whole} NOT NULL,
      timestamp ${ordered} NOT NULL
    )`,
    'CREATE INDEX logins_of_user ON logins (user_id, timestamp DESC, seq DESC)',
  ],
])
