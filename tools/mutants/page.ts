/** Puts the table of mutants into docs/reliability.md, between two markers; the words around them are by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { root } from '../repository.ts'
import type { Judgement } from './judge.ts'

const path = resolve(root, 'docs/reliability.md')
const [open, close] = ['<!-- mutants -->', '<!-- /mutants -->']

export function writeMutants(judgements: readonly Judgement[]): void {
  writeFileSync(path, withMutants(readFileSync(path, 'utf8'), judgements))
}

/** In the order of their files. */
export function withMutants(page: string, judgements: readonly Judgement[]): string {
  const from = page.indexOf(open)
  const to = page.indexOf(close)
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has no place for mutants: ${open} … ${close}`)
  const rows = judgements
    .toSorted((a, b) => (a.mutant.file < b.mutant.file ? -1 : 1))
    .map(({ mutant, end, why }) => `| ${[mutant.rule, mutant.name, mutant.file, end, why].map(cell).join(' | ')} |`)
  const head = ['| rule | taken away as | in | | by |', '|---|---|---|---|---|']
  return `${page.slice(0, from + open.length)}\n\n${[...head, ...rows].join('\n')}\n\n${page.slice(to)}`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
