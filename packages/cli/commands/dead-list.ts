/** `vestnik dead list`: which messages failed, and why. */
import type { DeadCount, ListOptions } from '@vestnik/bus'
import type { Command } from 'commander'
import { counted, narrowed, type Page, printPage, printTable, remark, toPage } from '../list.ts'
import { countColumns, deadColumns } from '../message-columns.ts'
import { addListOptions, pageOf } from '../options.ts'
import type { InSession } from '../program.ts'
import type { CommonOptions, ExitCode, Session } from '../session.ts'

interface Options extends CommonOptions, ListOptions {
  readonly limit: number
}

export function addDeadList(dead: Command, inSession: InSession): void {
  addListOptions(dead.command('list').description('list dead letters, the first to arrive first')).action(
    (_options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      return inSession(options, (session) => listDead(session, options))
    },
  )
}

async function listDead(session: Session, options: Options): Promise<ExitCode> {
  const page = toPage(await session.operations.listDead(pageOf(options)), options.limit)
  if (session.json) printPage(session, page)
  else if (page.rows.length === 0) tellNone(session, options)
  else {
    printTable(session, deadColumns(session.terminal.now()), page.rows)
    session.terminal.print('')
    if (page.next === undefined && options.after === undefined) tellAll(session, page)
    else await tellPart(session, options, page)
  }
  return 0
}

function tellNone(session: Session, options: Options): void {
  const behind = options.after === undefined ? '' : ` with a number above ${options.after}`
  remark(session, `Nothing is dead${narrowed(options)}${behind}. What waits to be tried again: vestnik held`)
}

function tellAll(session: Session, { rows }: Page<{ readonly pos: number }>): void {
  remark(session, `${counted(rows.length, 'dead letter')}. All about one of them: vestnik dead show ${rows[0]?.pos}`)
}

async function tellPart(session: Session, options: Options, { rows, next }: Page<object>): Promise<void> {
  const counts = await session.operations.countDead(options)
  remark(session, `${rows.length.toLocaleString('en-US')} of ${counted(totalOf(counts), 'dead letter')}, in all:`)
  session.terminal.print('')
  printTable(session, countColumns(session.terminal.now()), counts)
  if (next === undefined) return
  session.terminal.print('')
  remark(session, `The next ones: vestnik dead list --after ${next}`)
}

const totalOf = (counts: readonly DeadCount[]) => counts.reduce((sum, { count }) => sum + count, 0)
