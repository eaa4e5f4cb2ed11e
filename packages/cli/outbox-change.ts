/** What the commands that change messages set aside share. */
import { BusError, type OutboxMessage } from '@vestnik/bus'
import type { Command } from 'commander'
import { type Change, changeEach } from './change.ts'
import { printTable } from './list.ts'
import { outboxColumns } from './message-columns.ts'
import { readNumbers } from './options.ts'
import type { InSession } from './program.ts'
import type { CommonOptions, Session } from './session.ts'

type Words = Pick<Change<OutboxMessage>, 'what' | 'done' | 'next'>
interface Options extends CommonOptions {
  readonly yes?: true
}

/** Gives the command its arguments and its action: `act` is done to each message that is still set aside. */
export function changesAside(
  command: Command,
  inSession: InSession,
  words: Words,
  act: (session: Session, pos: number) => Promise<void>,
): void {
  command
    .argument('<number...>', 'which, as vestnik outbox list shows them', readNumbers)
    .option('--yes', 'do not ask')
    .action((numbers: readonly number[], _options, self: Command) => {
      const options = self.optsWithGlobals<Options>()
      return inSession(options, (session) =>
        changeEach(session, numbers, changeOf(session, words, act), options.yes === true),
      )
    })
}

function changeOf(
  session: Session,
  words: Words,
  act: (session: Session, pos: number) => Promise<void>,
): Change<OutboxMessage> {
  return {
    ...words,
    noun: 'message',
    look: (pos) => lookAside(session, pos),
    show(seen) {
      printTable(session, outboxColumns(session.terminal.now()), seen)
      session.terminal.print('')
    },
    act: ({ pos }) => act(session, pos),
  }
}

async function lookAside({ operations }: Session, pos: number): Promise<OutboxMessage> {
  const [found] = await operations.listOutbox({ after: pos - 1, limit: 1 })
  if (found?.pos !== pos) throw new BusError('NOT_FOUND', `the outbox holds no message number ${pos}`)
  if (found.state === 'aside') return found
  throw new BusError('NOT_DEAD', `message number ${pos} is not set aside: it leaves by itself`)
}
