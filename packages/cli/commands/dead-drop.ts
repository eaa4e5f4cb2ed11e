/** `vestnik dead drop`: a dead letter ends without effect. */
import type { MessageDetail } from '@vestnik/bus'
import type { Command } from 'commander'
import { type Change, changeEach } from '../change.ts'
import { lookAtDead, showDead } from '../dead-letters.ts'
import { need, readNumbers, readWhole } from '../options.ts'
import type { InSession } from '../program.ts'
import type { CommonOptions, Session } from '../session.ts'

interface Options extends CommonOptions {
  readonly revision?: number
  readonly yes?: true
}

const about =
  'End dead letters without effect. Each is remembered as dropped, without its body: it cannot be ' +
  'replayed, and has no effect if it arrives once more. What waits behind a parked one goes on.'

export function addDeadDrop(dead: Command, inSession: InSession): void {
  dead
    .command('drop')
    .summary('end dead letters without effect')
    .description(about)
    .argument('<number...>', 'which, as vestnik dead list shows them', readNumbers)
    .option('--revision <revision>', 'only while it is as it was seen with this revision', readWhole)
    .option('--yes', 'do not ask')
    .action((numbers: readonly number[], _options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      need(options.revision === undefined || numbers.length === 1, 'drop: --revision is for one message at a time')
      return inSession(options, (session) =>
        changeEach(session, numbers, dropOf(session, options), options.yes === true),
      )
    })
}

function dropOf(session: Session, options: Options): Change<MessageDetail> {
  const { operations, who } = session
  return {
    what: 'drop',
    noun: 'dead letter',
    done: 'Dropped',
    next: '',
    look: (pos) => lookAtDead(session, pos, options.revision),
    show: (seen, yes) => showDead(session, seen, yes),
    act: (message) => operations.drop(message, { who, revision: message.revision }),
  }
}
