/** `vestnik held`: which messages wait to be tried, and until when. */
import type { ListOptions } from '@vestnik/bus'
import type { Command } from 'commander'
import { counted, narrowed, printPage, printTable, remark, toPage } from '../list.ts'
import { heldColumns } from '../message-columns.ts'
import { addListOptions, pageOf } from '../options.ts'
import type { InSession } from '../program.ts'
import type { CommonOptions, ExitCode, Session } from '../session.ts'

interface Options extends CommonOptions, ListOptions {
  readonly limit: number
}

const about =
  'List messages that wait: for their next try, for their time, or behind an earlier message of their ' +
  'key. They need nobody: the service tries them by itself. All about one of them: vestnik dead show ' +
  '<number>'

export function addHeld(program: Command, inSession: InSession): void {
  const held = program.command('held').summary('messages that wait to be tried again').description(about)
  addListOptions(held).action((_options, command: Command) => {
    const options = command.optsWithGlobals<Options>()
    return inSession(options, (session) => listHeld(session, options))
  })
}

async function listHeld(session: Session, options: Options): Promise<ExitCode> {
  const page = toPage(await session.operations.listHeld(pageOf(options)), options.limit)
  if (session.json) printPage(session, page)
  else if (page.rows.length === 0) remark(session, `Nothing is held${narrowed(options)}.`)
  else {
    printTable(session, heldColumns(session.terminal.now()), page.rows)
    session.terminal.print('')
    const more = page.next === undefined ? '' : ` The next ones: vestnik held --after ${page.next}`
    remark(session, `${counted(page.rows.length, 'held message')}.${more}`)
  }
  return 0
}
