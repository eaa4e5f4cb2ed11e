/** Writes results into docs/performance.md, between the markers of each row; the words around them are by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Machine } from './machine.ts'
import type { RowResult } from './run-row.ts'
import { boundText, machineLine, outcome, sideText, valueText } from './text.ts'

const path = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))

export function writePage(results: readonly RowResult[], machine: Machine, today: Date = new Date()): void {
  const page = results.reduce(
    (text, result) => between(text, result.name, rowBlock(result, machine, today)),
    readFileSync(path, 'utf8'),
  )
  writeFileSync(path, page)
}

/** Those of these rows for which the page has no place. */
export function withoutPlace(names: readonly string[]): readonly string[] {
  const page = readFileSync(path, 'utf8')
  return names.filter((name) => !page.includes(`<!-- bench:${name} -->`) || !page.includes(`<!-- /bench:${name} -->`))
}

/** Puts the block between `<!-- bench:name -->` and `<!-- /bench:name -->`. */
export function between(page: string, name: string, block: string): string {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const from = page.indexOf(open)
  const to = page.indexOf(close)
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}: ${open} … ${close}`)
  return `${page.slice(0, from + open.length)}\n${block}\n${page.slice(to)}`
}

function rowBlock(result: RowResult, machine: Machine, today: Date): string {
  return [
    '',
    '| | medians |',
    '|---|---|',
    ...result.sides.map((side) => `| ${side.title} | ${sideText(side)} |`),
    '',
    '| compared with | measured | required | |',
    '|---|--:|--:|---|',
    ...result.verdicts.map((v) => `| ${v.says} | ${valueText(v)} | ${boundText(v)} | ${outcome(v)} |`),
    '',
    `${today.toISOString().slice(0, 10)}, ${result.rounds} rounds: ${machineLine(machine)}.`,
    '',
  ].join('\n')
}
