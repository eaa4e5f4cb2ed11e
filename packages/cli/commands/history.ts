/** `vestnik history`: who did what and when. */
import type { OperationRecord } from '@vestnik/bus'
import type { Command } from 'commander'
import { printTable, remark } from '../list.ts'
import { readWhole } from '../options.ts'
import type { InSession } from '../program.ts'
import { type CommonOptions, type ExitCode, jsonOf, printJson, type Session } from '../session.ts'
import type { Column } from '../table.ts'
import { moment } from '../times.ts'

interface Options extends CommonOptions {
  readonly limit: number
}

const columns: readonly Column<OperationRecord>[] = [
  { title: 'When (UTC)', of: ({ at }) => moment(at).replace(' UTC', '') },
  { title: 'Who', of: ({ who }) => who, least: 6 },
  { title: 'What', of: ({ what }) => what },
  { title: 'On', of: ({ on }) => on, least: 10 },
  { title: 'Result', of: ({ result }) => result, spare: 1 },
]

export function addHistory(program: Command, inSession: InSession): void {
  program
    .command('history')
    .description('who replayed, edited, dropped or sent what, and when; the newest first')
    .option('--limit <count>', 'show at most so many', readWhole, 100)
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      return inSession(options, (session) => showHistory(session, options))
    })
}

async function showHistory(session: Session, { limit }: Options): Promise<ExitCode> {
  const records = await session.operations.history({ limit })
  if (session.json) printJson(session, { operations: records.map(jsonOf) })
  else if (records.length === 0) remark(session, 'Nobody has changed anything yet.')
  else printTable(session, columns, records)
  return 0
}
