/** The account finds what is wrong with sessions and passwords: each kind is planted once, and told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountWith, anna, assertTold, commands, found, letter, mailOf, unanswered } from './account.fixture.ts'
import type { Found, Session } from './found.ts'
import type { Command, CommandKind } from './ledger.ts'

const [user] = found.users
assert.ok(user)

/** With something else of the session of this place. */
const sessionsWith = (at: number, change: Partial<Session>): Pick<Found, 'sessions'> => ({
  sessions: found.sessions.map((one, i) => (i === at ? { ...one, ...change } : one)),
})

const usersWith = (passwordsSet: number): Pick<Found, 'users'> => ({ users: [{ ...user, passwordsSet }] })

const withoutKind = (kind: CommandKind): readonly Command[] => commands.filter((one) => one.kind !== kind)

/** Nobody knows whether it took effect. */
const uncertain = (kind: CommandKind): readonly Command[] =>
  commands.map((one) => (one.kind === kind ? unanswered(one) : one))

const silent = (kind: CommandKind) => ({ surprises: new RegExp(`no "${kind}" was answered`) })

test('a refresh that was answered and is not there is lost', () => {
  assertTold(accountWith(sessionsWith(0, { used: 0, tokens: 1 })), {
    lost: /a refresh of a session of anna.*1 answered/,
  })
})

test('a refresh token that was used without a next one, or with two, is told', () => {
  assertTold(accountWith(sessionsWith(0, { tokens: 1 })), { lost: /the next refresh token of a session of anna/ })
  assertTold(accountWith(sessionsWith(0, { tokens: 3 })), { doubled: /the next refresh token of a session of anna/ })
})

test('a refresh that nobody asked for is a ghost', () => {
  assertTold(accountWith(sessionsWith(2, { used: 1, tokens: 2 })), { ghosts: /a refresh of a session of anna/ })
})

test('a session that goes on after its sign-out is lost', () => {
  assertTold(accountWith(sessionsWith(1, { ended: false })), { lost: /the end of a session of anna.*by signing out/ })
})

test('a session that goes on after a new password is lost', () => {
  assertTold(accountWith(sessionsWith(0, { ended: false })), {
    lost: /the end of a session of anna.*by a new password/,
  })
})

test('an end that nobody asked for is a ghost', () => {
  const sent = withoutKind('confirm reset')
  const books = { ...usersWith(0), letters: found.letters.slice(0, -1), mails: found.mails.slice(0, -1) }
  const account = accountWith(books, sent)
  assertTold(account, { ghosts: /the end of a session of anna/, ...silent('confirm reset') })
  assert.equal(account.ghosts.length, 1)
})

test('a new password that was answered and is not there is lost, and one that nobody set is a ghost', () => {
  assertTold(accountWith(usersWith(0)), { lost: /a new password of anna.*: 0, 1 answered of 1/ })
  assertTold(accountWith(usersWith(2)), { ghosts: /a new password of anna.*: 2, 1 answered of 1/ })
})

test('a new password of which the owner is not told is lost, and a notice of none is a ghost', () => {
  const mails = found.mails.filter(({ messageId }) => messageId !== 'notice')
  const letters = found.letters.filter(({ messageId }) => messageId !== 'notice')
  assertTold(accountWith({ mails, letters }), { lost: /anna.*: no notice of the new password/ })
  const extra = { ...letter('extra', 12_060), topic: 'mail.sendNotice' }
  const more = { letters: [...found.letters, extra], mails: [...found.mails, mailOf('extra')] }
  assertTold(accountWith(more), { ghosts: /anna.*: 1 notices too many/ })
  const [signUp] = commands
  assert.ok(signUp)
  assertTold(accountWith(more, [...commands, unanswered(signUp)]), {})
})

test('what had no answer may have happened, or not', () => {
  assertTold(accountWith({}, uncertain('refresh')), silent('refresh'))
  assertTold(accountWith(sessionsWith(0, { used: 0, tokens: 1 }), uncertain('refresh')), silent('refresh'))
  assertTold(accountWith({}, uncertain('sign out')), silent('sign out'))
  assertTold(accountWith(sessionsWith(1, { ended: false }), uncertain('sign out')), silent('sign out'))
  const reset = uncertain('confirm reset')
  assertTold(accountWith({}, reset), silent('confirm reset'))
  const letters = found.letters.slice(0, -1)
  const untouched = { ...usersWith(0), ...sessionsWith(0, { ended: false }), letters, mails: found.mails.slice(0, -1) }
  assertTold(accountWith(untouched, reset), silent('confirm reset'))
})

test('a session that began while a new password was set may have ended or not', () => {
  for (const ended of [true, false]) {
    const at = 12_050
    const sessions = [...found.sessions, { id: 'session-4', userId: 1, at, ended, tokens: 1, used: 0 }]
    const logins = [...found.logins, { userId: 1, at }]
    const printed = [
      ...found.printed,
      `User logged in with information: {"userId":1,"timestamp":"${new Date(at).toISOString()}"}`,
    ]
    const sent = [...commands, { kind: 'sign in', who: anna, askedAt: 12_000 } as const]
    assertTold(accountWith({ sessions, logins, printed }, sent), {})
  }
})
