/** Results as lines for a terminal. */
import type { Machine } from './machine.ts'
import type { Figures } from './row.ts'
import type { RowResult, SideResult, Verdict } from './run-row.ts'

export function machineLine(machine: Machine): string {
  const { cores, processor, memoryGb, system, node, sqlite, fsyncMs, load } = machine
  const software = `Node ${node}, SQLite ${sqlite}, ${system}`
  return `${cores} cores (${processor}), ${memoryGb} GB, ${software}, fdatasync ${figureText(fsyncMs)} ms, load ${load.toFixed(1)}`
}

export function rowLines(result: RowResult): string[] {
  const width = Math.max(...result.sides.map((side) => side.title.length))
  return [
    '',
    `${result.name}: ${result.title} (medians of ${result.rounds}, ${Math.round(result.seconds)} s)`,
    ...result.sides.map((side) => `  ${side.title.padEnd(width)}  ${sideText(side)}`),
    ...result.verdicts.map((verdict) => `  → ${verdictText(verdict)}`),
  ]
}

export function summaryLines(results: readonly RowResult[]): string[] {
  const verdicts = results.flatMap((result) => result.verdicts.map((verdict) => ({ row: result.name, verdict })))
  return ['', ...verdicts.map(({ row, verdict }) => `${row.padEnd(16)}${verdictText(verdict)}`)]
}

export function sideText(side: SideResult): string {
  return side.missing ? `not measured: ${side.missing}` : figuresText(side.figures)
}

export function verdictText(verdict: Verdict): string {
  return `${valueText(verdict)} ${verdict.says}; required ${boundText(verdict)}: ${outcome(verdict)}`
}

export function valueText({ value, unit }: Verdict): string {
  return value === undefined ? '?' : `${figureText(value)} ${unit}`
}

export function boundText({ atLeast, atMost, unit }: Verdict): string {
  return atLeast === undefined ? `≤ ${boundFigure(atMost)} ${unit}` : `≥ ${boundFigure(atLeast)} ${unit}`
}

export function outcome({ ok }: Verdict): string {
  if (ok === 'not measured') return ok
  return ok ? 'ok' : 'MISSED'
}

/** `perSecond: 1234, p50Ms: 2` becomes `1,234 per second, p50 2.00 ms`. */
function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => unitText(name, figureText(value)))
    .join(', ')
}

const units: readonly (readonly [suffix: string, unit: string])[] = [
  ['PerSecond', '/s'],
  ['Ms', ' ms'],
  ['Us', ' µs'],
  ['Mb', ' MB'],
  ['Percent', ' %'],
]

function unitText(name: string, value: string): string {
  if (name === 'perSecond') return `${value}/s`
  const [suffix, unit] = units.find(([end]) => name.endsWith(end)) ?? ['', '']
  return `${spaced(name.slice(0, name.length - suffix.length))} ${value}${unit}`
}

const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** Three digits that mean something. */
export function figureText(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

/** A whole bound as it stands; one that was measured, with three digits. */
const boundFigure = (value = Number.NaN): string =>
  Number(value.toFixed(2)) === value ? String(value) : figureText(value)
