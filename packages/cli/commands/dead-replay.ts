/** `vestnik dead replay`: dead letters are handled again. */
import type { MessageDetail } from '@vestnik/bus'
import type { Command } from 'commander'
import { type Change, changeEach } from '../change.ts'
import { lookAtDead, showDead } from '../dead-letters.ts'
import { addPlaceOptions, need, readNumbers, readWhole } from '../options.ts'
import type { InSession } from '../program.ts'
import { replayAll } from '../replay-all.ts'
import type { CommonOptions, Session } from '../session.ts'

interface Options extends CommonOptions {
  readonly all?: true
  readonly topic?: string
  readonly group?: string
  readonly force?: true
  readonly revision?: number
  readonly yes?: true
}

const about =
  'Let dead letters be handled again, in their group, under their ids: when what they failed of is ' +
  'mended. The service does it, within a second while it runs, or else when it starts. Twice at once is ' +
  'once.'

export function addDeadReplay(dead: Command, inSession: InSession): void {
  const replay = dead
    .command('replay')
    .summary('let dead letters be handled again')
    .description(about)
    .argument('[number...]', 'which, as vestnik dead list shows them', readNumbers)
    .option('--all', 'all of them, but those that need --force')
  addPlaceOptions(replay)
    .option('--force', 'also what has expired, or may have taken effect already')
    .option('--revision <revision>', 'only while it is as it was seen with this revision', readWhole)
    .option('--yes', 'do not ask')
    .action((numbers: readonly number[] = [], _options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      check(numbers, options)
      return inSession(options, (session) =>
        options.all
          ? replayAll(session, options)
          : changeEach(session, numbers, replayOf(session, options), options.yes === true),
      )
    })
}

function check(numbers: readonly number[], { all, topic, group, force, revision }: Options): void {
  need(all === true || numbers.length > 0, 'replay: name the numbers of dead letters, or --all')
  need(!all || numbers.length === 0, 'replay: give either numbers or --all')
  need(all === true || (topic === undefined && group === undefined), 'replay: --topic and --group go with --all')
  need(
    !all || !force,
    'replay: --force is for numbers; each that has expired or may have happened is decided by itself',
  )
  need(revision === undefined || numbers.length === 1, 'replay: --revision is for one message at a time')
}

function replayOf(session: Session, { force, revision }: Options): Change<MessageDetail> {
  const { operations, who } = session
  return {
    what: 'replay',
    noun: 'dead letter',
    done: 'Replayed',
    next: 'The service handles what it finds within a second, or when it starts.',
    look: (pos) => lookAtDead(session, pos, revision),
    show: (seen, yes) => showDead(session, seen, yes),
    act: (message) => operations.replay(message, { who, revision: message.revision, force: force === true }),
  }
}
