/** How the two databases write the few things that they write differently when tables are made. */
import type { Dialect } from '@vestnik/bus/store'
import type { Migration, Migrations } from './migrate.ts'

export interface ColumnTypes {
  readonly dialect: Dialect
  /** A whole number of 64 bits: an id, a time in milliseconds. */
  readonly whole: string
  readonly bytes: string
  /** Text that is ordered, or found by its beginning: by its bytes, whatever language the database is set to. */
  readonly ordered: string
  /** The whole number by which the table itself numbers its rows; none is given twice. */
  readonly numbered: string
  /** Behind a table whose rows are found by their key, and by no number. */
  readonly byKey: string
}

const sqlite: ColumnTypes = {
  dialect: 'sqlite',
  whole: 'INTEGER',
  bytes: 'BLOB',
  ordered: 'TEXT',
  numbered: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  byKey: ' WITHOUT ROWID',
}

const postgres: ColumnTypes = {
  dialect: 'postgres',
  whole: 'BIGINT',
  bytes: 'BYTEA',
  ordered: 'TEXT COLLATE "C"',
  numbered: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  byKey: '',
}

/** The same tables in both databases. */
export function inBoth(steps: (types: ColumnTypes) => readonly Migration[]): Migrations {
  return { sqlite: steps(sqlite), postgres: steps(postgres) }
}
