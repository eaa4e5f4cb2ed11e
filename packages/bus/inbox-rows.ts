/** What names a row of the inbox, and reads one. */
import type { Row, SqlValue } from './store.ts'

export interface Place {
  readonly topic: string
  readonly group: string
}

/** Names one row. */
export interface RowRef extends Place {
  readonly source: string
  readonly id: string
}

export function toRef(row: Row): RowRef {
  return { topic: String(row.topic), group: String(row.grp), source: String(row.source), id: String(row.id) }
}

export const textOrNull = (value: SqlValue | undefined): string | null =>
  value === null || value === undefined ? null : String(value)
