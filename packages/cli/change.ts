/** Changing messages by their numbers: each is looked at again, shown, asked for, and changed as it was seen. */
import { isWanted } from './confirm.ts'
import { counted } from './list.ts'
import { describe, tellError } from './report.ts'
import { type ExitCode, jsonOf, printJson, type Session } from './session.ts'

export interface Change<Seen extends { readonly pos: number }> {
  /** One word: `replay`. */
  readonly what: string
  /** What it is done to: `dead letter`. */
  readonly noun: string
  /** Said of one that was done, and of several: `Replayed`. */
  readonly done: string
  /** Said after it. */
  readonly next: string
  /** Reads one message, and refuses what cannot be changed. */
  look(pos: number): Promise<Seen>
  show(seen: readonly Seen[], yes: boolean): void
  act(seen: Seen): Promise<void>
}

/** Reads all before it changes any. One that fails, as somebody was faster, keeps back no other. */
export async function changeEach<Seen extends { readonly pos: number }>(
  session: Session,
  numbers: readonly number[],
  change: Change<Seen>,
  yes: boolean,
): Promise<ExitCode> {
  const seen: Seen[] = []
  for (const pos of numbers) seen.push(await change.look(pos))
  if (!session.json) change.show(seen, yes)
  const question = `${capital(change.what)} ${seen.length === 1 ? 'it' : `these ${seen.length}`}?`
  if (!(await isWanted(session, { what: change.what, question, yes }))) return 1
  const failed: { readonly one: Seen; readonly error: unknown }[] = []
  for (const one of seen) await change.act(one).catch((error: unknown) => failed.push({ one, error }))
  if (seen.length === 1 && failed[0]) throw failed[0].error
  if (session.json) printChanges(session, change.what, seen, failed)
  else tellChanges(session, change, seen, failed)
  return failed.length > 0 ? 1 : 0
}

type Failed<Seen> = readonly { readonly one: Seen; readonly error: unknown }[]

function printChanges<Seen extends { readonly pos: number }>(
  session: Session,
  what: string,
  seen: readonly Seen[],
  failed: Failed<Seen>,
): void {
  const done = seen.filter((one) => !failed.some((failure) => failure.one === one))
  printJson(session, {
    what,
    done: done.map(nameOf),
    failed: failed.map(({ one, error }) => ({ ...nameOf(one), error: describe(error) })),
  })
}

/** By what a message is found again. */
function nameOf(one: object): Record<string, unknown> {
  const names = ['pos', 'topic', 'group', 'source', 'id']
  return Object.fromEntries(Object.entries(jsonOf(one)).filter(([name]) => names.includes(name)))
}

function tellChanges<Seen extends { readonly pos: number }>(
  { terminal }: Session,
  { done, noun, next }: Change<Seen>,
  seen: readonly Seen[],
  failed: Failed<Seen>,
): void {
  for (const { error } of failed) tellError(describe(error), terminal)
  const count = seen.length - failed.length
  if (count === 0) return
  const several = failed.length > 0 ? `${count} of ${counted(seen.length, noun)}` : counted(seen.length, noun)
  const which = seen.length === 1 ? `${noun} ${seen[0]?.pos}` : several
  terminal.print(terminal.style('green', `${done} ${which}.`) + (next && ` ${next}`))
}

export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
