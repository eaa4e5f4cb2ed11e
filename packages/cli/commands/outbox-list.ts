/** `vestnik outbox list`: what has not left the service. */
import { BusError, type ListOptions } from '@vestnik/bus'
import type { Command } from 'commander'
import { counted, narrowed, printPage, printTable, remark, toPage } from '../list.ts'
import { outboxColumns } from '../message-columns.ts'
import { pageOf, readWhole } from '../options.ts'
import type { InSession } from '../program.ts'
import type { CommonOptions, ExitCode, Session } from '../session.ts'

type State = 'new' | 'aside'
interface Options extends CommonOptions, ListOptions {
  readonly limit: number
  readonly state?: State
}

const about =
  'List messages that have not left the service yet. New ones leave by themselves, as soon as the ' +
  'broker takes them. Those that are aside were refused by the broker, each with its reason, and wait ' +
  'for a person.'

export function addOutboxList(outbox: Command, inSession: InSession): void {
  outbox
    .command('list')
    .summary('list what has not left the service, and what the broker refused')
    .description(about)
    .option('--topic <name>', 'only of this topic')
    .option('--state <state>', 'only new, or only aside', readState)
    .option('--limit <count>', 'show at most so many', readWhole, 100)
    .option('--after <number>', 'only those with a larger number', readWhole)
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      return inSession(options, (session) => listOutbox(session, options))
    })
}

async function listOutbox(session: Session, options: Options): Promise<ExitCode> {
  const { limit, state } = options
  const found = await session.operations.listOutbox({ ...pageOf(options), ...(state && { state }) })
  const page = toPage(found, limit)
  if (session.json) printPage(session, page)
  else if (page.rows.length === 0) remark(session, tellNone(options))
  else {
    printTable(session, outboxColumns(session.terminal.now()), page.rows)
    session.terminal.print('')
    const aside = page.rows.find((row) => row.state === 'aside')
    const send = aside ? ` When its reason is mended: vestnik outbox send ${aside.pos}` : ''
    const more = page.next === undefined ? '' : ` The next ones: vestnik outbox list --after ${page.next}`
    remark(session, `${counted(page.rows.length, 'message')} in the outbox.${more}${send}`)
  }
  return 0
}

function tellNone(options: Options): string {
  if (options.state === 'aside') return `Nothing is set aside${narrowed(options)}: the broker refused no message.`
  return `The outbox holds nothing${narrowed(options)}: every message has left.`
}

function readState(text: string): State {
  if (text === 'new' || text === 'aside') return text
  throw new BusError('BAD_OPTION', `--state is ${text}: it must be new or aside`)
}
