/** The account: what was answered against what is in the books. Nothing is read or written here. */
import { accountOfLines } from './account-lines.ts'
import { accountOfMails } from './account-mails.ts'
import { accountOfPeople } from './account-people.ts'
import { accountOfSessions } from './account-sessions.ts'
import type { Found } from './found.ts'
import { type Command, type CommandKind, commandKinds } from './ledger.ts'

export interface Account {
  readonly commands: Readonly<Partial<Record<CommandKind, Counts>>>
  /** Answered, and not in the books; or in the books, and without the effect that follows. */
  readonly lost: readonly string[]
  /** In the books more than once. */
  readonly doubled: readonly string[]
  /** In the books, and nobody asked for it. */
  readonly ghosts: readonly string[]
  /** Still in an outbox, held or dead. */
  readonly stuck: readonly string[]
  /** Took effect before what was asked and answered earlier for the same key. */
  readonly disordered: readonly string[]
  /**
   * Answers that cannot be, when each command is what it was: a right password that is wrong, a code that does not fit,
   * a server's error. Services that ended by an error. And what makes all the rest say nothing: no kill, a kind of command
   * that was never answered.
   */
  readonly surprises: readonly string[]
  readonly mails: MailCounts
  /** Lines that the gateway printed again, which only a kill in the middle of printing may cause. */
  readonly printedAgain: number
}

export interface Counts {
  readonly answered: number
  readonly uncertain: number
  readonly refused: number
}

export interface MailCounts {
  /** Each once. */
  readonly sent: number
  /** Copies, each of which is counted as uncertain, or it stands under `doubled`. */
  readonly copies: number
  readonly uncertain: number
}

/** What breaks the promise. */
export type Faulty = Pick<Account, (typeof faultyKinds)[number]>

export function accountOf(commands: readonly Command[], found: Found): Account {
  const people = accountOfPeople(commands, found)
  const sessions = accountOfSessions(commands, found)
  const mails = accountOfMails(commands, found)
  const lines = accountOfLines(found)
  const counts = countsOf(commands)
  return {
    commands: counts,
    lost: [...people.lost, ...sessions.lost, ...mails.lost, ...lines.lost],
    doubled: [...people.doubled, ...sessions.doubled, ...mails.doubled, ...lines.doubled],
    ghosts: [...people.ghosts, ...sessions.ghosts, ...mails.ghosts, ...lines.ghosts],
    stuck: found.remains.map(({ service, what, topic, count }) => `${service}: ${count} of ${topic} ${what}`),
    disordered: mails.disordered,
    surprises: [...found.surprises, ...silent(counts), ...(found.kills > 0 ? [] : ['nothing was killed'])],
    mails: mails.counts,
    printedAgain: lines.again,
  }
}

/** Whether time may still mend it: what is lost or stuck may only be late. */
export const isPending = ({ lost, stuck }: Faulty): boolean => lost.length + stuck.length > 0

export function isClean(account: Faulty): boolean {
  return faultyKinds.every((kind) => account[kind].length === 0)
}

export const faultyKinds = ['lost', 'doubled', 'ghosts', 'stuck', 'disordered', 'surprises'] as const

/** Kinds of commands that may never have worked. */
function silent(counts: Account['commands']): readonly string[] {
  return commandKinds.filter((kind) => !counts[kind]?.answered).map((kind) => `no "${kind}" was answered`)
}

function countsOf(commands: readonly Command[]): Account['commands'] {
  const kinds = [...new Set(commands.map(({ kind }) => kind))]
  return Object.fromEntries(
    kinds.map((kind) => {
      const own = commands.filter((one) => one.kind === kind)
      const answered = own.filter(({ answeredAt }) => answeredAt !== undefined).length
      const refused = own.filter((one) => one.refused).length
      return [kind, { answered, refused, uncertain: own.length - answered - refused }]
    }),
  )
}
