/** Replaying every dead letter, or every one of a topic and group. */
import { isWanted } from './confirm.ts'
import { counted, narrowed, printTable, remark } from './list.ts'
import { countColumns } from './message-columns.ts'
import { type ExitCode, printJson, type Session } from './session.ts'

export interface ReplayAllOptions {
  readonly topic?: string
  readonly group?: string
  readonly yes?: true
}

export async function replayAll(session: Session, options: ReplayAllOptions): Promise<ExitCode> {
  const { operations, terminal, json, who } = session
  const counts = await operations.countDead(options)
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  if (!json && total === 0) {
    remark(session, `Nothing is dead${narrowed(options)}.`)
    return 0
  }
  if (!json) {
    printTable(session, countColumns(terminal.now()), counts)
    terminal.print('')
  }
  const question = `Replay all of them, ${counted(total, 'dead letter')}?`
  if (!(await isWanted(session, { what: 'replay', question, yes: options.yes === true }))) return 1
  const { topic, group } = options
  const result = await operations.replayAll({
    who,
    ...(topic !== undefined && { topic }),
    ...(group !== undefined && { group }),
  })
  if (json) printJson(session, { what: 'replay', ...result })
  else tellResult(session, result)
  return 0
}

function tellResult(session: Session, { replayed, skipped }: { readonly replayed: number; readonly skipped: number }) {
  const { terminal } = session
  const done = `Replayed ${counted(replayed, 'dead letter')}.`
  terminal.print(
    `${terminal.style('green', done)} The service handles what it finds within a second, or when it starts.`,
  )
  if (skipped === 0) return
  const why = 'expired, too old to deduplicate, or somebody was faster'
  remark(session, `Skipped ${skipped.toLocaleString('en-US')}: ${why}. To force one: by its number, with --force.`)
}
