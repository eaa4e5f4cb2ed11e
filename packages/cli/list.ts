/** How every list is answered: as a table with a line about it, or as one JSON document. */
import { jsonOf, printJson, type Session } from './session.ts'
import { type Column, table } from './table.ts'
import { wrap } from './text-width.ts'

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** What to name as --after for the next page; undefined on the last one. */
  readonly next: number | undefined
}

/** Takes the one that was asked for too many off the rows. */
export function toPage<Row extends { readonly pos: number }>(found: readonly Row[], limit: number): Page<Row> {
  const rows = found.slice(0, limit)
  return { rows, next: found.length > limit ? rows.at(-1)?.pos : undefined }
}

export function printPage(session: Session, { rows, next }: Page<object>): void {
  printJson(session, { messages: rows.map(jsonOf), next: next ?? null })
}

export function printTable<Row>({ terminal }: Session, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const title = (text: string) => terminal.style('bold', text)
  terminal.print(table(columns, rows, { width: terminal.columns, title }).join('\n'))
}

/** A remark below a table, or in its place. */
export function remark({ terminal }: Session, text: string): void {
  terminal.print(wrap(text, terminal.columns).join('\n'))
}

export const counted = (count: number, one: string, many: string = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`

/** ` of topic x in group y`, as far as a list is narrowed down. */
export function narrowed({ topic, group }: { readonly topic?: string; readonly group?: string }): string {
  return `${topic === undefined ? '' : ` of topic ${topic}`}${group === undefined ? '' : ` in group ${group}`}`
}
