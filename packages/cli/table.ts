/** Tables that fit the terminal: no line is wider than it, and what had to be cut ends in `…`. */
import { printable } from './printable.ts'
import { cut, widthOf } from './text-width.ts'

export interface Column<Row> {
  readonly title: string
  /** The cell's text as it is: the table makes it printable. */
  readonly of: (row: Row) => string
  readonly align?: 'right'
  /** How narrow the column may become. @default as wide as its widest cell */
  readonly least?: number
  /** Where it is too tight, the column with the largest number is left out first; without one it stays. */
  readonly spare?: number
}

export interface TableStyle {
  /** In columns of the terminal. */
  readonly width: number
  readonly title?: (text: string) => string
}

interface Sized {
  readonly title: string
  readonly align: 'right' | undefined
  readonly cells: readonly string[]
  readonly least: number
  readonly spare: number | undefined
  width: number
}

const gap = '  '

/** The table's lines, the titles first. A column without a text in any row is left out. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], style: TableStyle): string[] {
  const sized = fit(
    columns.map((column) => size(column, rows)).filter(({ cells }) => cells.some((cell) => cell !== '')),
    style.width,
  )
  const line = (cell: (column: Sized) => string) =>
    cut(sized.map((column) => pad(cell(column), column)).join(gap), style.width).trimEnd()
  const titles = line(({ title }) => title)
  return [style.title ? style.title(titles) : titles, ...rows.map((_, i) => line(({ cells }) => cells[i] ?? ''))]
}

function size<Row>({ title, of, align, least, spare }: Column<Row>, rows: readonly Row[]): Sized {
  const cells = rows.map((row) => printable(of(row)))
  const width = Math.max(widthOf(title), ...cells.map(widthOf))
  return { title, align, cells, least: Math.min(width, Math.max(least ?? width, widthOf(title))), spare, width }
}

/** Leaves out what must not be there, then narrows the widest of what may be narrower. */
function fit(columns: readonly Sized[], width: number): readonly Sized[] {
  const kept = [...columns]
  const over = (of: (column: Sized) => number) =>
    kept.reduce((sum, column) => sum + of(column), gap.length * (kept.length - 1)) - width
  while (over(({ least }) => least) > 0) {
    const spared = kept.reduce((one, other) => ((other.spare ?? 0) > (one.spare ?? 0) ? other : one), kept[0] as Sized)
    if (spared?.spare === undefined) break
    kept.splice(kept.indexOf(spared), 1)
  }
  for (let left = over((column) => column.width); left > 0; left -= 1) {
    const narrower = kept.filter((column) => column.width > column.least)
    const widest = narrower.sort((one, other) => other.width - one.width)[0]
    if (!widest) break
    widest.width -= 1
  }
  return kept
}

function pad(cell: string, { width, align }: Sized): string {
  const text = cut(cell, width)
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'right' ? space + text : text + space
}
