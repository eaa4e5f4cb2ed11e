/** What the opener may be told, and which values are allowed. */
import { BusError } from '@vestnik/bus/errors'

export interface SqliteStoreOptions {
  /** How often commits of other processes are looked for, in milliseconds, while someone watches. @default 180 */
  readonly pollMs?: number
  /** How many pages the write-ahead log has when it is copied into the database, on a thread of its own. @default 4000 */
  readonly checkpointPages?: number
}

/** @throws BusError `BAD_OPTION` */
export function whole(
  path: string,
  { pollMs = 180, checkpointPages = 4000 }: SqliteStoreOptions,
): Required<SqliteStoreOptions> {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new BusError(
      'BAD_OPTION',
      `open a SQLite store: path is ${JSON.stringify(path)}: it must name a file, or be ":memory:"`,
    )
  }
  check(path, 'pollMs', pollMs, 10, 60_000)
  check(path, 'checkpointPages', checkpointPages, 10, 1_000_000)
  return { pollMs, checkpointPages }
}

function check(path: string, name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw new BusError(
    'BAD_OPTION',
    `open ${path}: ${name} is ${String(value)}: it must be a whole number from ${least} to ${most}`,
  )
}
