/** What is in the books after the kills: of sign-ins, and of mails. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { UserLoggedIn } from '@vestnik/contracts'
import type { Mail } from '../../tools/client/mailbox.ts'
import type { System } from '../system.ts'

/** The sign-ins that the users service committed, by session. */
export function committedLogins({ folder }: System): ReadonlyMap<string, UserLoggedIn> {
  using database = open(folder, 'users')
  const rows = database.prepare('SELECT id, user_id, created_at FROM sessions').all()
  return new Map(
    rows.map((row) => [
      String(row.id),
      { userId: Number(row.user_id), timestamp: new Date(Number(row.created_at)).toISOString() },
    ]),
  )
}

export interface MailAccount {
  readonly mails: readonly Mail[]
  /** How many came to an address, copies not counted. */
  firsts(email: string): number
  /** Copies beyond the first of each. */
  readonly doubled: readonly Mail[]
  /** How often the mailer could not know whether a mail was sent, by address. */
  readonly uncertain: ReadonlyMap<string, number>
  /** How many messages the mailer has, by state. */
  readonly states: Readonly<Record<string, number>>
}

export async function accountOfMails({ folder, mailbox }: System): Promise<MailAccount> {
  const mails = await mailbox.all()
  const firsts = new Map(mails.toReversed().map((mail) => [mail.messageId, mail]))
  const doubled = mails.filter((mail) => firsts.get(mail.messageId) !== mail)
  using database = open(folder, 'mailer')
  const uncertain = new Map<string, number>()
  const states: Record<string, number> = {}
  for (const row of database.prepare('SELECT key, state, uncertain FROM vestnik_inbox').all()) {
    const [address, state] = [String(row.key), String(row.state)]
    uncertain.set(address, (uncertain.get(address) ?? 0) + Number(row.uncertain))
    states[state] = (states[state] ?? 0) + 1
  }
  const toSomebody = (email: string) => [...firsts.values()].filter(({ to }) => to === email).length
  return { mails, firsts: toSomebody, doubled, uncertain, states }
}

function open(folder: string, service: string): DatabaseSync {
  return new DatabaseSync(join(folder, 'data', `${service}.db`), { readOnly: true, timeout: 2000 })
}
