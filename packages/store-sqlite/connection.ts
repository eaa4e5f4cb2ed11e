/** One connection to a database file. Statements run on the caller's thread and are prepared once for each text. */
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { BusError } from '@vestnik/bus/errors'
import type { Row, SqlValue } from '@vestnik/bus/store'
import { countChecker } from './placeholders.ts'
import { bindable, shorten } from './values.ts'

/** What the statements of one work may do, and did. */
export interface Traces {
  readonly readOnly: boolean
  /** A statement ran that may have written. */
  wrote: boolean
  /** Rows or the schema were changed. */
  changed: boolean
}

export interface Connection {
  readonly db: DatabaseSync
  /** Runs one statement and answers its rows. */
  query(sql: string, values: readonly SqlValue[], traces: Traces): readonly Row[]
  close(): void
}

/** @throws an error of node:sqlite */
export function connect(path: string, options: { readonly readOnly: boolean }): Connection {
  // SQLite's own waiting for a lock blocks the thread and is unfair, so it is off: whoever is refused tries again later.
  const db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: 0 })
  const prepare = preparer(db)
  const kept = cache(256, prepare)
  return {
    db,
    query: (sql, values, traces) => kept(sql)(values, traces),
    close: () => db.close(),
  }
}

type Run = (values: readonly SqlValue[], traces: Traces) => readonly Row[]

/** Keeps what was used lately: up to two generations of `size`, so that a hit costs one look-up. */
function cache(size: number, make: (sql: string) => Run): (sql: string) => Run {
  let young = new Map<string, Run>()
  let old = new Map<string, Run>()
  return (sql) => {
    const hit = young.get(sql)
    if (hit) return hit
    const run = old.get(sql) ?? make(sql)
    if (young.size >= size) {
      old = young
      young = new Map()
    }
    young.set(sql, run)
    return run
  }
}

const readActions: ReadonlySet<number> = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_RECURSIVE,
])
const rowActions: ReadonlySet<number> = new Set([
  ...readActions,
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
])

/** Prepares statements, and learns from SQLite itself what each may do. */
function preparer(db: DatabaseSync): (sql: string) => Run {
  let actions = new Set<number>()
  db.setAuthorizer((action) => {
    actions.add(action)
    return constants.SQLITE_OK
  })
  return (sql) => {
    actions = new Set()
    const statement = db.prepare(sql)
    checkSingle(sql, statement, actions)
    const all = (set: ReadonlySet<number>): boolean => [...actions].every((action) => set.has(action))
    const check = countChecker(db, sql)
    if (all(readActions)) return reading(sql, statement, check)
    const asks = actions.has(constants.SQLITE_PRAGMA)
    return writing(sql, statement, check, asks ? 'pragma' : all(rowActions) ? 'rows' : 'schema')
  }
}

function checkSingle(sql: string, statement: StatementSync, actions: ReadonlySet<number>): void {
  // The driver runs the first statement of a text and forgets the rest.
  const rest = sql.slice(statement.sourceSQL.length).replace(/--[^\n]*(\n|$)|\/\*[\s\S]*?(\*\/|$)|[\s;]/g, '')
  if (rest !== '') throw refused(sql, 'it is more than one statement')
  if (notForWorks.some((action) => actions.has(action))) {
    throw refused(sql, 'the store itself begins and ends transactions, and knows one file')
  }
}

const notForWorks = [constants.SQLITE_TRANSACTION, constants.SQLITE_ATTACH, constants.SQLITE_DETACH]

const refused = (sql: string, why: string): BusError => new BusError('SQL_STATEMENT', `run ${shorten(sql)}: ${why}`)

function reading(sql: string, statement: StatementSync, check: (count: number) => void): Run {
  const rows = rowReader(sql, statement)
  return (values) => {
    check(values.length)
    const bound = bindable(sql, values)
    try {
      return rows(bound)
    } catch (error) {
      if (!isOutOfRange(error)) throw error
      // Reading has no effects, so it can be done again; from now on this statement reads integers as bigints.
      statement.setReadBigInts(true)
      return rows(bound)
    }
  }
}

function writing(
  sql: string,
  statement: StatementSync,
  check: (count: number) => void,
  what: 'rows' | 'schema' | 'pragma',
): Run {
  const answers = statement.columns().length > 0
  const rows = rowReader(sql, statement)
  if (answers) statement.setReadBigInts(true) // an error while reading would come after the writing
  return (values, traces) => {
    check(values.length)
    const bound = bindable(sql, values)
    if (traces.readOnly && what !== 'pragma') throw refused(sql, 'it writes, and a read may not')
    traces.wrote = true
    if (what === 'schema') traces.changed = true
    const answered = answers ? rows(bound) : []
    const count = answers ? answered.length : Number(statement.run(...bound).changes)
    if (count > 0 && what === 'rows') traces.changed = true
    return answered
  }
}

const isOutOfRange = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE'

/** Answers rows as plain objects; the driver's own have no prototype, and cost as much. */
function rowReader(sql: string, statement: StatementSync): (bound: readonly SqlValue[]) => Row[] {
  statement.setReturnArrays(true)
  const columns = (): string[] => statement.columns().map((column) => column.name)
  const names = columns()
  const star = sql.replace(/\(\s*\*\s*\)/g, '').includes('*') // its columns may change with the schema
  return (bound) => {
    const rows = statement.all(...bound) as unknown as SqlValue[][]
    const current = star && rows.length > 0 ? columns() : names
    return rows.map((values) => toRow(current, values))
  }
}

function toRow(names: readonly string[], values: readonly SqlValue[]): Row {
  const row: Record<string, SqlValue> = {}
  for (let i = 0; i < names.length; i += 1) row[names[i] ?? ''] = narrow(values[i] ?? null)
  return row
}

/** Makes a number of a bigint that is safe as one. */
const narrow = (value: SqlValue): SqlValue =>
  typeof value === 'bigint' && value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
