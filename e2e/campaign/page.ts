/** Adds the figures of a campaign to docs/reliability.md, between two markers; the words around them are by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { duration } from '../../tools/load/report.ts'
import { faultyKinds } from './account.ts'
import type { Report } from './report.ts'

const path = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url))
const end = '<!-- /campaigns -->'

export function writeRow(report: Report): void {
  writeFileSync(path, withRow(readFileSync(path, 'utf8'), report))
}

/** The same campaign has one row: the last. */
export function withRow(page: string, report: Report): string {
  const at = page.indexOf(end)
  if (at < 0) throw new Error(`docs/reliability.md has no place for campaigns: ${end}`)
  const command = `\`${report.command}\``
  const before = page
    .slice(0, at)
    .split('\n')
    .filter((line) => !line.includes(command))
    .join('\n')
  return `${before}${rowOf(report, command)}\n${page.slice(at)}`
}

function rowOf({ date, kills, answered, uncertain, account, recovery }: Report, command: string): string {
  const { mails } = account
  const slowest = Math.max(0, ...Object.values(recovery).map(({ maxMs }) => maxMs || 0))
  const cells = [
    date.slice(0, 10),
    command,
    kills,
    answered,
    uncertain,
    ...faultyKinds.map((kind) => account[kind].length),
    `${mails.sent}, ${mails.copies}, ${mails.uncertain}`,
    duration(slowest),
  ]
  return `| ${cells.join(' | ')} |`
}
