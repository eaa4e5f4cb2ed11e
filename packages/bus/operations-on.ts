/** The operations on a service's database, in any process that has it: the service may run or not. */
import { looksOn } from './looks.ts'
import { mendsOn } from './mends.ts'
import type { Operations } from './operations.ts'
import type { Ports } from './ports.ts'
import { sqlFor } from './sql.ts'
import type { Store } from './store.ts'

/**
 * Looks and changes on the database behind the store. `now` answers milliseconds since 1970; `changed` hears of each
 * change at once, so that a bus in this process acts on it; another process sees it within its poll. `crash` is called where a test may kill the process.
 */
export function operationsOn(
  store: Store,
  now: () => number,
  changed: () => void = () => {},
  crash: Ports['crash'] = () => {},
): Operations {
  const sql = sqlFor(store.dialect)
  return { ...looksOn(store, sql), ...mendsOn(store, sql, { now, changed, crash }) }
}
