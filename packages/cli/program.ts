/** Every command and its help: the table of contents. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addDeadDrop } from './commands/dead-drop.ts'
import { addDeadEdit } from './commands/dead-edit.ts'
import { addDeadList } from './commands/dead-list.ts'
import { addDeadReplay } from './commands/dead-replay.ts'
import { addDeadShow } from './commands/dead-show.ts'
import { addHeld } from './commands/held.ts'
import { addHistory } from './commands/history.ts'
import { addOutboxDrop } from './commands/outbox-drop.ts'
import { addOutboxList } from './commands/outbox-list.ts'
import { addOutboxSend } from './commands/outbox-send.ts'
import type { CommonOptions, ExitCode, Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { wrap } from './text-width.ts'

/** Runs a command's work in a session with the database that its options name. */
export type InSession = (options: CommonOptions, work: (session: Session) => Promise<ExitCode>) => Promise<void>

const about = `Looks at what failed in a service's database, and mends it: while the service runs or not.

Start with: vestnik dead list`

const after = [
  'A database is named as sqlite:<path>, by the path of its file, or as postgres://user:password@host/database; a .env file in this folder may hold DATABASE_URL.',
  'Ends with 0 when it is done, 1 when it was refused or failed, 2 when it was used wrongly.',
]

/** The program, with all its commands. With `json` nothing but documents is written. */
export function createProgram(terminal: Terminal, json: boolean, inSession: InSession): Command {
  const program = new Command('vestnik')
  const helpWidth = Math.min(terminal.columns, 100)
  program
    .description(about)
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .option('--database <url>', 'the database to look at (default: $DATABASE_URL)')
    .option('--schema <name>', 'of postgres://…: whose data, such as mailer')
    .option('--json', 'answer with one JSON document')
    .option('--who <name>', 'in whose name a change is recorded (default: your user name)')
    .helpCommand(false)
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: 20,
      styleTitle: (title) => terminal.style('bold', title),
    })
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      // Errors are told in one place, with their remedy.
      outputError: () => {},
      writeErr: (text) => (json ? undefined : terminal.tell(text.trimEnd())),
      getOutHelpWidth: () => helpWidth,
      getErrHelpWidth: () => helpWidth,
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .exitOverride()
    .addHelpText('after', ['', ...after.flatMap((line) => wrap(line, helpWidth))].join('\n'))

  const dead = addGroup(program, 'dead', 'messages that failed and wait for a person')
  for (const add of [addDeadList, addDeadShow, addDeadReplay, addDeadEdit, addDeadDrop]) add(dead, inSession)
  addHeld(program, inSession)
  const outbox = addGroup(program, 'outbox', 'messages that have not left the service yet')
  for (const add of [addOutboxList, addOutboxSend, addOutboxDrop]) add(outbox, inSession)
  addHistory(program, inSession)
  return program
}

function addGroup(program: Command, name: string, about: string): Command {
  return program
    .command(name)
    .summary(about)
    .description(`${about[0]?.toUpperCase()}${about.slice(1)}.`)
    .helpCommand(false)
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
  return String(version)
}
