/** `vestnik dead edit`: a dead letter gets another body, and is replayed. */
import { readFileSync } from 'node:fs'
import { BusError, hasCode, type MessageDetail } from '@vestnik/bus'
import type { Command } from 'commander'
import { isWanted } from '../confirm.ts'
import { lookAtDead, whyForce } from '../dead-letters.ts'
import { type EditedBody, readEdit } from '../edited-body.ts'
import { editing } from '../editor.ts'
import { remark } from '../list.ts'
import { showBody } from '../mask.ts'
import { readWhole } from '../options.ts'
import { printable, printableJson, printableLines } from '../printable.ts'
import type { InSession } from '../program.ts'
import { describe, tellError } from '../report.ts'
import { type CommonOptions, type ExitCode, printJson, type Session } from '../session.ts'
import { wrap } from '../text-width.ts'

interface Options extends CommonOptions {
  readonly file?: string
  readonly reveal?: true
  readonly force?: true
  readonly revision?: number
  readonly yes?: true
}

const about =
  'Give a dead letter another body, in its place and under its id, and let it be handled again. Without ' +
  '--file it opens in $VISUAL or $EDITOR. The new body is checked against the contract when it is ' +
  'handled. Secret fields are masked there, and need a new value each; with --reveal they are shown and ' +
  'can stay as they are.'

export function addDeadEdit(dead: Command, inSession: InSession): void {
  dead
    .command('edit')
    .summary('change the body of a dead letter, and replay it')
    .description(about)
    .argument('<number>', 'which, as vestnik dead list shows it', readWhole)
    .option('--file <path>', 'the new body; - reads it from the standard input')
    .option('--reveal', 'edit secret fields as they are')
    .option('--force', 'also what has expired, or may have taken effect already')
    .option('--revision <revision>', 'only while it is as it was seen with this revision', readWhole)
    .option('--yes', 'do not ask')
    .action((pos: number, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      return inSession(options, (session) => editOne(session, pos, options))
    })
}

async function editOne(session: Session, pos: number, options: Options): Promise<ExitCode> {
  const { operations, terminal, json, who } = session
  const message = await lookAtDead(session, pos, options.revision)
  checkForce(message, options, terminal.now())
  const edited =
    options.file === undefined ? await editByHand(session, message, options) : readGiven(message, options.file)
  if (!edited) return 1
  if (edited.changes.length === 0)
    throw new BusError('NOT_CONFIRMED', `edit ${pos}: the body is the same, so nothing was changed`)
  if (!json) showChanges(session, message, edited)
  const question = 'Keep this body, and replay it?'
  if (!(await isWanted(session, { what: 'edit', question, yes: options.yes === true }))) return 1
  await operations.edit(message, edited.body, { who, revision: message.revision, force: options.force === true })
  const { topic, group, source, id } = message
  if (json) printJson(session, { what: 'edit', done: [{ pos, topic, group, source, id }], failed: [] })
  else {
    const done = terminal.style('green', `Edited and replayed dead letter ${pos}.`)
    terminal.print(`${done} The service handles it within a second, or when it starts.`)
  }
  return 0
}

/** Before the editor opens: nobody should write for nothing. */
function checkForce(message: MessageDetail, { force }: Options, now: number): void {
  const why = whyForce(message, 'edit', now)
  if (why !== undefined && !force) throw new BusError('NEEDS_FORCE', `edit ${message.pos}: ${why}`)
}

function readGiven(message: MessageDetail, path: string): EditedBody {
  try {
    return readEdit(message, readFileSync(path === '-' ? 0 : path, 'utf8'))
  } catch (error) {
    if (error instanceof BusError) throw error
    throw new BusError('BAD_OPTION', `edit ${message.pos}: --file ${path} cannot be read: ${String(error)}`, {
      cause: error,
    })
  }
}

/** Until it is right, or the person gives up: undefined. */
async function editByHand(session: Session, message: MessageDetail, options: Options): Promise<EditedBody | undefined> {
  const { terminal } = session
  const { ask, environment } = terminal
  if (!ask || session.json)
    throw new BusError('BAD_OPTION', 'edit: an editor needs a terminal; give the new body with --file')
  await using file = await editing(
    draftOf(session, message, options.reveal === true),
    environment.VISUAL ?? environment.EDITOR ?? 'vi',
  )
  for (;;) {
    const text = await file.open()
    try {
      return readEdit(message, text)
    } catch (error) {
      if (!hasCode(error, 'INVALID_EDIT')) throw error
      tellError(describe(error), terminal)
    }
    if (await ask('Edit it again?')) continue
    terminal.tell('Nothing was changed.')
    return undefined
  }
}

function draftOf(session: Session, { body, secret, pos }: MessageDetail, reveal: boolean): string {
  const shown = showBody(body, reveal ? [] : secret)
  if (shown.kind === 'text') return shown.text
  if (shown.kind !== 'json') {
    throw new BusError('INVALID_EDIT', `edit ${pos}: its body cannot be shown as a text; give the new one with --file`)
  }
  if (shown.masked.length > 0) {
    remark(session, `Masked: ${shown.masked.join(', ')}. Give each a new value, or use --reveal.`)
  }
  return `${printableJson(JSON.stringify(shown.value, null, 2))}\n`
}

function showChanges({ terminal }: Session, { topic, group, pos }: MessageDetail, { changes }: EditedBody): void {
  terminal.print(terminal.style('bold', printable(`Dead letter ${pos} of ${topic} in ${group}: its body changes`)))
  for (const change of changes) {
    for (const line of wrap(printableLines(change), terminal.columns - 2)) terminal.print(`  ${line}`)
  }
  terminal.print('')
}
