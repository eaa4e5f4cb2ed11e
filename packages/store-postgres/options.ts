/** What the opener may be told, and which values are allowed. */
import { BusError } from '@vestnik/bus/errors'

export interface PostgresStoreOptions {
  /**
   * The schema that holds all tables of this store, made if it is missing. Lower case letters, digits and underscores.
   * @default what the URL says as `schema`, else the one that the server gives to the user, usually `public`
   */
  readonly schema?: string
  /** How long the opener waits for a server that does not answer, in milliseconds. @default 10_000 */
  readonly patienceMs?: number
  /** How many reads run at once, each on a connection of its own. @default 4 */
  readonly readers?: number
  /** How often commits that nobody announced are looked for, in milliseconds, while someone watches. @default 180 */
  readonly pollMs?: number
}

export type WholeOptions = Required<Omit<PostgresStoreOptions, 'schema'>> & Pick<PostgresStoreOptions, 'schema'>

/** @throws BusError `BAD_OPTION` */
export function whole(options: PostgresStoreOptions): WholeOptions {
  const { schema, patienceMs = 10_000, readers = 4, pollMs = 180 } = options
  if (schema !== undefined && !/^[a-z_][a-z0-9_]{0,49}$/.test(schema)) {
    throw new BusError(
      'BAD_OPTION',
      `open a PostgreSQL store: schema is ${JSON.stringify(schema)}: it must be 1 to 50 of a-z, 0-9 and _, not beginning with a digit`,
    )
  }
  check('patienceMs', patienceMs, 0, 3_600_000)
  check('readers', readers, 1, 100)
  check('pollMs', pollMs, 10, 60_000)
  return { patienceMs, readers, pollMs, ...(schema !== undefined && { schema }) }
}

function check(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw new BusError(
    'BAD_OPTION',
    `open a PostgreSQL store: ${name} is ${String(value)}: it must be a whole number from ${least} to ${most}`,
  )
}
