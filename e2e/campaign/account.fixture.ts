/** A small campaign in which nothing went wrong: what a test spoils in one place. */
import { lineOf } from './account-lines.ts'
import type { Found, Letter } from './found.ts'
import type { Command } from './ledger.ts'

export const anna = 'anna@example.org'
const session = { id: 'session-1', userId: 1, at: 5_000 }

/** Anna signs up, confirms, signs in, rents a film with a code, and asks for two codes that she does not use. */
export const commands: readonly Command[] = [
  { kind: 'sign up', who: anna, askedAt: 1_000, answeredAt: 1_100 },
  { kind: 'confirm address', who: anna, askedAt: 2_000, answeredAt: 2_100 },
  { kind: 'sign in', who: anna, askedAt: 4_900, answeredAt: 5_100, about: session.id },
  { kind: 'rent', who: anna, askedAt: 6_000, answeredAt: 6_100, about: '7' },
  { kind: 'confirm rental', who: anna, askedAt: 7_000, answeredAt: 7_100, about: '7' },
  { kind: 'ask reset', who: anna, askedAt: 8_000, answeredAt: 8_100 },
  { kind: 'ask reset', who: anna, askedAt: 9_000, answeredAt: 9_100 },
]

export const found: Found = {
  users: [{ id: 1, email: anna, confirmed: true }],
  sessions: [session],
  logins: [{ userId: 1, at: 5_000 }],
  known: [{ id: 1, email: anna, confirmed: true }],
  rentals: [{ id: 1, userId: 1, film: 7, active: true }],
  letters: [letter('welcome', 1_050), letter('rent', 6_050, 'films'), letter('first', 8_050), letter('second', 9_050)],
  mails: ['welcome', 'rent', 'first', 'second'].map(mailOf),
  printed: [lineOf(session)],
  brokenOff: 1,
  remains: [],
  kills: 1,
  surprises: [],
}

/** A code for Anna. */
export function letter(messageId: string, madeAt: number, source = 'users'): Letter {
  return { messageId, topic: 'mail.sendCode', source, to: anna, madeAt, uncertain: 0 }
}

export function mailOf(messageId: string): Found['mails'][number] {
  return { messageId, to: anna }
}
