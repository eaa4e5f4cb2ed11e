/** The account finds what is wrong: each kind is planted once, and told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountWith, anna, assertTold, commands, found, letter, mailOf, unanswered } from './account.fixture.ts'
import { isPending } from './account.ts'
import { commandKinds } from './ledger.ts'

/** All but the first with this property. */
const without = <Item>(items: readonly Item[], fits: (item: Item) => boolean) => {
  const at = items.findIndex(fits)
  assert.ok(at >= 0)
  return items.toSpliced(at, 1)
}

const [first] = found.sessions
assert.ok(first)

test('when all is there once and in order, the account is clean', () => {
  const account = accountWith({})
  assertTold(account, {})
  assert.equal(isPending(account), false)
  assert.deepEqual(account.commands['ask reset'], { answered: 2, refused: 0, uncertain: 0 })
  assert.deepEqual(account.mails, { sent: 5, copies: 0, uncertain: 0 })
})

test('what was answered and is not there is lost, whatever it is', () => {
  assertTold(accountWith({ users: [], known: [], sessions: [], logins: [], rentals: [], printed: [] }), {
    lost: /the account of anna/,
  })
  assertTold(accountWith({ sessions: [], logins: [], printed: [] }), { lost: /an answered sign-in of anna/ })
  assertTold(accountWith({ rentals: [] }), { lost: /the rental of film 7 by anna/ })
  assertTold(accountWith({ rentals: [{ id: 1, userId: 1, film: 7, active: false }] }), { lost: /film 7 .*, confirmed/ })
  assertTold(accountWith({ users: [{ id: 1, email: anna, confirmed: false, passwordsSet: 1 }] }), {
    lost: /the confirmation of anna/,
  })
})

test('a message that does not come is lost, though its sender has done its part', () => {
  assertTold(accountWith({ logins: [] }), { lost: /user.loggedIn/ })
  assertTold(accountWith({ known: [] }), { lost: /user.registered of anna/ })
  assertTold(accountWith({ known: [{ id: 1, email: anna, confirmed: false }] }), {
    lost: /user.emailConfirmed of anna/,
  })
  assertTold(accountWith({ printed: [] }), { lost: /the line of a sign-in/ })
  const letters = without(found.letters, ({ messageId }) => messageId === 'first')
  const mails = without(found.mails, ({ messageId }) => messageId === 'first')
  assertTold(accountWith({ letters, mails }), { lost: /no code for "ask reset"/ })
  assertTold(accountWith({ mails }), { lost: /a mail to anna.*: first/ })
})

test('a code of another command does not stand in for a lost one', () => {
  const letters = found.letters.map((one) => (one.messageId === 'first' ? letter('first', 9_060) : one))
  assert.ok(accountWith({ letters }).lost.some((text) => /no code for "ask reset"/.test(text)))
})

test('what is there twice is doubled', () => {
  assertTold(accountWith({ logins: [...found.logins, ...found.logins] }), { doubled: /listed 2 times/ })
  assertTold(accountWith({ rentals: [...found.rentals, ...found.rentals] }), { doubled: /film 7 by anna.*2 times/ })
  assertTold(accountWith({ mails: [...found.mails, mailOf('first')] }), {
    doubled: /a mail to anna.*2 times, 0 uncertain/,
  })
})

test('a mail may come again as often as the mailer could not know, and is counted', () => {
  const letters = found.letters.map((one) => (one.messageId === 'first' ? { ...one, uncertain: 1 } : one))
  const account = accountWith({ letters, mails: [...found.mails, mailOf('first')] })
  assertTold(account, {})
  assert.deepEqual(account.mails, { sent: 5, copies: 1, uncertain: 1 })
  const copies = [mailOf('first'), mailOf('first')]
  assertTold(accountWith({ letters, mails: [...found.mails, ...copies] }), { doubled: /3 times, 1 uncertain/ })
})

test('what nobody asked for is a ghost', () => {
  const ghost = { id: 2, email: 'ghost@example.org', confirmed: false, passwordsSet: 0 }
  assertTold(accountWith({ users: [...found.users, ghost], known: [...found.known, ghost] }), {
    ghosts: /an account of ghost/,
  })
  assertTold(accountWith({ known: [...found.known, ghost] }), { ghosts: /ghost.* at the films service/ })
  assertTold(accountWith({ logins: [...found.logins, { userId: 1, at: 5_500 }] }), {
    ghosts: /listed, and there is no session/,
  })
  const rental = { id: 2, userId: 1, film: 8, active: true }
  assertTold(accountWith({ rentals: [...found.rentals, rental] }), { ghosts: /film 8/ })
  assertTold(accountWith({ mails: [...found.mails, mailOf('ghost')] }), { ghosts: /a mail to anna.*: ghost/ })
  const letters = [...found.letters, letter('extra', 8_500)]
  assertTold(accountWith({ letters, mails: [...found.mails, mailOf('extra')] }), { ghosts: /nobody asked for/ })
  const more = [...found.letters, letter('extra', 9_060)]
  assertTold(accountWith({ letters: more, mails: [...found.mails, mailOf('extra')] }), { ghosts: /1 codes too many/ })
})

test('a session more than there were sign-ins is a ghost', () => {
  const more = { ...first, id: 'session-4' }
  const account = accountWith({ sessions: [...found.sessions, more], logins: [first, ...found.logins] })
  assertTold(account, { ghosts: /1 sessions of anna.* too many/ })
})

test('what remains in an outbox, held or dead is stuck, and may only be late', () => {
  for (const what of ['in the outbox', 'set aside', 'held', 'dead'] as const) {
    const account = accountWith({ remains: [{ service: 'mailer', what, topic: 'mail.sendCode', count: 3 }] })
    assertTold(account, { stuck: new RegExp(`mailer: 3 of mail.sendCode ${what}`) })
    assert.equal(isPending(account), true)
  }
})

test('a mail that came before one that was asked and answered earlier breaks the order of its key', () => {
  const mails = ['welcome', 'rent', 'second', 'first', 'notice'].map(mailOf)
  assertTold(accountWith({ mails }), { disordered: /the code made at 9050 came before that of 8050/ })
})

test('between keys, and between two outboxes, there is no order', () => {
  assertTold(accountWith({ mails: ['welcome', 'first', 'second', 'rent', 'notice'].map(mailOf) }), {})
})

test('a command without an answer may have happened, once and at any time after it, or not', () => {
  const sent = commands.map((one) => (one.askedAt === 8_000 ? unanswered(one) : one))
  assertTold(accountWith({}, sent), {})
  const mails = without(found.mails, ({ messageId }) => messageId === 'first')
  const letters = without(found.letters, ({ messageId }) => messageId === 'first')
  assertTold(accountWith({ mails, letters }, sent), {})
  // Late, behind the one that was answered meanwhile.
  const late = found.letters.map((one) => (one.messageId === 'first' ? letter('first', 9_500) : one))
  assertTold(
    accountWith({ letters: late, mails: ['welcome', 'rent', 'second', 'first', 'notice'].map(mailOf) }, sent),
    {},
  )
  const early = found.letters.map((one) => (one.messageId === 'first' ? letter('first', 7_999) : one))
  assertTold(accountWith({ letters: early }, sent), { ghosts: /nobody asked for/ })
})

test('what was refused has no effect: one that has is a ghost', () => {
  const sent = commands.map((one) => (one.kind === 'rent' ? { ...unanswered(one), refused: true as const } : one))
  assert.ok(accountWith({}, sent).ghosts.some((text) => /film 7/.test(text)))
})

test('a line without a sign-in is a ghost, unless it is the beginning of one', () => {
  const [line = '', ...others] = found.printed
  const stray = line.replace('"userId":1', '"userId":2')
  assertTold(accountWith({ printed: [line, stray, ...others] }), { ghosts: /a line: User logged in .*"userId":2/ })
  assertTold(accountWith({ printed: [line.slice(0, 50), line, ...others] }), {})
})

test('lines that come again more often than faults can cause are doubled', () => {
  const [line = '', ...others] = found.printed
  const times = (count: number) => [...Array.from({ length: count }, () => line), ...others]
  const most = accountWith({ printed: times(201), brokenOff: 2 })
  assertTold(most, {})
  assert.equal(most.printedAgain, 200)
  assertTold(accountWith({ printed: times(202), brokenOff: 2 }), { doubled: /201 lines printed again, at most 200/ })
  assertTold(accountWith({ printed: times(2), brokenOff: 0 }), { doubled: /1 lines printed again, at most 0/ })
})

test('a kind of command that was never answered is told, whether it was sent or not', () => {
  for (const kind of commandKinds) {
    const surprise = `no "${kind}" was answered`
    assert.deepEqual(
      accountWith(
        {},
        commands.filter((one) => one.kind !== kind),
      ).surprises,
      [surprise],
    )
    const sent = commands.map((one) => (one.kind === kind ? unanswered(one) : one))
    assert.deepEqual(accountWith({}, sent).surprises, [surprise])
  }
})

test('a campaign without a kill says nothing, and that is told', () => {
  assertTold(accountWith({ kills: 0 }), { surprises: /nothing was killed/ })
})

test('an answer that cannot be is told', () => {
  assertTold(accountWith({ surprises: ['POST /sessions: 401'] }), { surprises: /401/ })
})
