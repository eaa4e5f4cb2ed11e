/** Every command that was sent, and what became of it: answered, refused, or nobody knows. */
import { CallFailed } from '../../tools/client/ask.ts'

export const commandKinds = [
  'sign up',
  'confirm address',
  'sign in',
  'refresh',
  'sign out',
  'ask reset',
  'confirm reset',
  'rent',
  'confirm rental',
] as const

export type CommandKind = (typeof commandKinds)[number]

export interface Command {
  readonly kind: CommandKind
  /** The person's address. */
  readonly who: string
  /** Milliseconds since 1970. */
  readonly askedAt: number
  /** When an answer, also a later one, said that it took effect; undefined when none did. */
  answeredAt?: number
  /** What the answer names: a session, a rental; or what was asked for: a film. */
  about?: string
  /** The answer says that nothing happened. */
  refused?: true
}

export interface Ledger {
  readonly commands: readonly Command[]
  /** Sends it once, and writes down what came of it. @throws CallFailed as the call does */
  send<Answer>(
    kind: CommandKind,
    who: string,
    call: () => Promise<Answer>,
    about?: string | ((answer: Answer) => string),
  ): Promise<Answer>
  /** A later answer says that the same command took effect, when it was sent before and had no answer. */
  tookEffect(kind: CommandKind, who: string, about?: string): void
}

export function openLedger(): Ledger {
  const commands: Command[] = []
  return {
    commands,
    async send(kind, who, call, about) {
      const command: Command = { kind, who, askedAt: Date.now(), ...(typeof about === 'string' && { about }) }
      commands.push(command)
      try {
        const answer = await call()
        command.answeredAt = Date.now()
        if (typeof about === 'function') command.about = about(answer)
        return answer
      } catch (error) {
        if (isRefusal(error)) command.refused = true
        throw error
      }
    },
    tookEffect(kind, who, about) {
      const same = commands.filter((one) => one.kind === kind && one.who === who && one.about === about)
      const open = same.find((one) => one.answeredAt === undefined && one.refused === undefined)
      if (open) open.answeredAt = Date.now()
    },
  }
}

/** Nothing happened, and the answer says so. A server's error, or none, says nothing. */
export function isRefusal(error: unknown): error is CallFailed {
  return error instanceof CallFailed && error.status !== undefined && error.status < 500
}
