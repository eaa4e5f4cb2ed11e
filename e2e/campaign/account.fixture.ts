/** A small campaign in which nothing went wrong: what a test spoils in one place. */
import assert from 'node:assert/strict'
import { type Account, accountOf, type Faulty, faultyKinds, isClean } from './account.ts'
import { lineOf } from './account-lines.ts'
import type { Found, Letter, Session } from './found.ts'
import type { Command } from './ledger.ts'

export const anna = 'anna@example.org'
const first: Session = { id: 'session-1', userId: 1, at: 5_000, ended: true, tokens: 2, used: 1 }
/** Of the new password. */
const second: Session = { id: 'session-2', userId: 1, at: 14_000, ended: true, tokens: 1, used: 0 }
const third: Session = { id: 'session-3', userId: 1, at: 15_000, ended: false, tokens: 1, used: 0 }

/**
 * Anna signs up, confirms, signs in, renews her session, rents a film with a code, asks for two codes, the second of which
 * sets a new password, and signs in twice more, and out once.
 */
export const commands: readonly Command[] = [
  { kind: 'sign up', who: anna, askedAt: 1_000, answeredAt: 1_100 },
  { kind: 'confirm address', who: anna, askedAt: 2_000, answeredAt: 2_100 },
  { kind: 'sign in', who: anna, askedAt: 4_900, answeredAt: 5_100, about: first.id },
  { kind: 'refresh', who: anna, askedAt: 5_500, answeredAt: 5_600, about: first.id },
  { kind: 'rent', who: anna, askedAt: 6_000, answeredAt: 6_100, about: '7' },
  { kind: 'confirm rental', who: anna, askedAt: 7_000, answeredAt: 7_100, about: '7' },
  { kind: 'ask reset', who: anna, askedAt: 8_000, answeredAt: 8_100 },
  { kind: 'ask reset', who: anna, askedAt: 9_000, answeredAt: 9_100 },
  { kind: 'confirm reset', who: anna, askedAt: 12_000, answeredAt: 12_100 },
  { kind: 'sign in', who: anna, askedAt: 13_900, answeredAt: 14_100, about: second.id },
  { kind: 'sign out', who: anna, askedAt: 14_500, answeredAt: 14_600, about: second.id },
  { kind: 'sign in', who: anna, askedAt: 14_900, answeredAt: 15_100, about: third.id },
]

export const found: Found = {
  users: [{ id: 1, email: anna, confirmed: true, passwordsSet: 1 }],
  sessions: [first, second, third],
  logins: [first, second, third].map(({ userId, at }) => ({ userId, at })),
  known: [{ id: 1, email: anna, confirmed: true }],
  rentals: [{ id: 1, userId: 1, film: 7, active: true }],
  letters: [
    letter('welcome', 1_050),
    letter('rent', 6_050, 'films'),
    letter('first', 8_050),
    letter('second', 9_050),
    { ...letter('notice', 12_050), topic: 'mail.sendNotice' },
  ],
  mails: ['welcome', 'rent', 'first', 'second', 'notice'].map(mailOf),
  printed: [first, second, third].map(lineOf),
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

/** The account of the same with something else in the books, or in the ledger. */
export function accountWith(books: Partial<Found>, sent: readonly Command[] = commands): Account {
  return accountOf(sent, { ...found, ...books })
}

/** Exactly these kinds, each told by a sentence that fits. */
export function assertTold(account: Account, expected: Partial<Record<keyof Faulty, RegExp>>): void {
  for (const kind of faultyKinds) {
    const pattern = expected[kind]
    if (pattern === undefined) assert.deepEqual(account[kind], [], kind)
    else
      assert.ok(
        account[kind].some((text) => pattern.test(text)),
        `${kind}: ${JSON.stringify(account[kind])}`,
      )
  }
  assert.equal(isClean(account), Object.keys(expected).length === 0)
}

/** The same command, without an answer. */
export const unanswered = ({ kind, who, askedAt, about }: Command): Command => ({
  kind,
  who,
  askedAt,
  ...(about !== undefined && { about }),
})
