/** What a command works with: the operations on one database, and how to answer. */
import { userInfo } from 'node:os'
import { BusError, type Operations, operationsOn } from '@vestnik/bus'
import { openDatabase } from './open-database.ts'
import { printableJson } from './printable.ts'
import type { Terminal } from './terminal.ts'

export interface Session {
  readonly operations: Operations
  readonly terminal: Terminal
  /** Answer with one JSON document, ask nothing. */
  readonly json: boolean
  /** In whose name changes are recorded. */
  readonly who: string
}

/** Options that every command has. */
export interface CommonOptions {
  readonly database?: string
  readonly schema?: string
  readonly json?: true
  readonly who?: string
}

/** How a command ends: 0 done, 1 not done, or not all of it. What was used wrongly ends with 2. */
export type ExitCode = 0 | 1

/** Opens the database that the options, or else `DATABASE_URL`, name, and closes it after the work. */
export async function withSession(
  options: CommonOptions,
  terminal: Terminal,
  work: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> {
  const url = options.database ?? terminal.environment.DATABASE_URL
  if (url === undefined) {
    throw new BusError(
      'BAD_OPTION',
      'no database is named: set DATABASE_URL, or give --database sqlite:<path> or postgres://…',
    )
  }
  await using store = await openDatabase(url, options.schema)
  return await work({
    operations: operationsOn(store, terminal.now),
    terminal,
    json: options.json === true,
    who: options.who ?? userName(),
  })
}

/** Prints one JSON document: times as ISO 8601, and null for what is not known. */
export function printJson({ terminal }: Session, document: unknown): void {
  terminal.print(printableJson(JSON.stringify(document, null, 2)))
}

/** What was read of a message or an operation, for JSON. */
export function jsonOf(facts: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, isTime(name) ? iso(value) : (value ?? null)]),
  )
}

const isTime = (name: string) => name === 'at' || name.endsWith('At')

function iso(at: unknown): string | null {
  const date = new Date(Number(at ?? Number.NaN))
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // In a container a user may have a number only.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
