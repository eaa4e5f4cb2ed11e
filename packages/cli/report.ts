/** How errors are told: what failed, then what to do about it; never a stack. */
import { BusError, factsOf } from '@vestnik/bus'
import { CommanderError } from 'commander'
import { printable, printableJson } from './printable.ts'
import type { Terminal } from './terminal.ts'
import { wrap } from './text-width.ts'

export interface Report {
  readonly code: string
  readonly message: string
  readonly remedy?: string
}

/** Tells the error, as one JSON document where that was asked for, and answers the code to exit with. */
export function reportError(error: unknown, terminal: Terminal, json: boolean): 0 | 1 | 2 {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  // Without a command the help was shown, which says it all.
  if (error instanceof CommanderError && error.code === 'commander.help' && !json) return 2
  const report = describe(error)
  if (json) terminal.tell(printableJson(JSON.stringify({ error: report })))
  else tellError(report, terminal)
  return isMisuse(report.code) ? 2 : 1
}

const seeHelp = 'Repeat with --help to see what there is.'

const isMisuse = (code: string) => code === 'BAD_OPTION' || code === 'BAD_URL'

export function tellError({ code, message, remedy }: Report, terminal: Terminal): void {
  const lines = wrap(`${code}: ${printable(message)}`, terminal.columns)
  const first = lines[0]?.replace(code, () => terminal.style('red', code)) ?? ''
  const advice = remedy === undefined ? [] : wrap(remedy, terminal.columns - 2).map((line) => `  ${line}`)
  terminal.tell([first, ...lines.slice(1), ...advice].join('\n'))
}

export function describe(error: unknown): Report {
  if (error instanceof BusError) {
    return {
      code: error.code,
      message: error.message,
      remedy: isMisuse(error.code) ? seeHelp : factsOf(error.code).remedy,
    }
  }
  if (error instanceof CommanderError) {
    const help = error.code === 'commander.help'
    const message = help ? 'no command is named' : error.message.replace(/^error: /, '').replaceAll('\n', ' ')
    return { code: 'BAD_OPTION', message, remedy: seeHelp }
  }
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) }
}
