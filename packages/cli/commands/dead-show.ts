/** `vestnik dead show`: all about one message that failed, or waits. */
import type { MessageDetail } from '@vestnik/bus'
import type { Command } from 'commander'
import { whyForce } from '../dead-letters.ts'
import { showBody } from '../mask.ts'
import { messageCard } from '../message-card.ts'
import { readWhole } from '../options.ts'
import type { InSession } from '../program.ts'
import { type CommonOptions, type ExitCode, jsonOf, printJson, type Session } from '../session.ts'

interface Options extends CommonOptions {
  readonly reveal?: true
}

const about =
  'Show all about one message: what it is, when it came, why it failed and where, its headers and its ' +
  'body. What its contract calls secret is masked.'

export function addDeadShow(dead: Command, inSession: InSession): void {
  dead
    .command('show')
    .summary('show all about one message')
    .description(about)
    .argument('<number>', 'which, as vestnik dead list or vestnik held shows it', readWhole)
    .option('--reveal', 'show secret fields')
    .action((pos: number, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      return inSession(options, (session) => showOne(session, pos, options.reveal === true))
    })
}

async function showOne(session: Session, pos: number, reveal: boolean): Promise<ExitCode> {
  const message = await session.operations.show(pos)
  const { terminal } = session
  if (session.json) printJson(session, toJson(message, reveal))
  else {
    terminal.print(messageCard(message, terminal, { reveal, short: false }))
    if (message.state === 'dead') terminal.print(`\n${advice(message, terminal.now())}`)
  }
  return 0
}

function advice(message: MessageDetail, now: number): string {
  const { pos } = message
  const force = (what: 'replay' | 'edit') => (whyForce(message, what, now) === undefined ? '' : ' --force')
  return [
    `Handle it again:  vestnik dead replay ${pos}${force('replay')}`,
    `Change its body:  vestnik dead edit ${pos}${force('edit')}`,
    `Forget about it:  vestnik dead drop ${pos}`,
  ].join('\n')
}

/** A body that is JSON stands in `body`; another in `bodyText` or, as base64, in `bodyBytes`; one that is hidden nowhere. */
function toJson(message: MessageDetail, reveal: boolean): Record<string, unknown> {
  const { body, ...facts } = message
  const shown = showBody(body, reveal ? [] : message.secret)
  return { ...jsonOf(facts), bytes: body.length, ...bodyToJson(shown, body) }
}

function bodyToJson(shown: ReturnType<typeof showBody>, body: Uint8Array): Record<string, unknown> {
  if (shown.kind === 'json') return { body: shown.value }
  if (shown.kind === 'text') return { bodyText: shown.text }
  if (shown.kind === 'bytes') return { bodyBytes: Buffer.from(body).toString('base64') }
  return { bodyHidden: true }
}
