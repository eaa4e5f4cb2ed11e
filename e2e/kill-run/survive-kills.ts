/** Sign-ins and rentals while every service is killed at random, on whatever broker; then the books are compared. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { UserLoggedIn } from '@vestnik/contracts'
import { type Credentials, signUp } from '../../tools/client/person.ts'
import { insist, lineOf, sessionOf, tryLogins } from '../person.ts'
import { type ServiceName, type System, startSystem } from '../system.ts'
import { until } from '../until.ts'
import { accountOfMails, committedLogins, type MailAccount } from './accounts.ts'
import { type Kills, killAtRandom } from './kill-at-random.ts'
import { activeRentals, forget, type Life, live } from './life.ts'

const people = 10
const signInsEach = 20
const rentalsEach = 4
/** Who only ask for codes, so that mails are on their way when the mailer is killed. */
const forgetfulPeople = 4
const killsOfEach = 10
const killed: readonly ServiceName[] = ['gateway', 'users', 'films', 'mailer']

/** Nothing answered is lost, and nothing is doubled but mails, which are counted; `meanwhile` more may happen. */
export async function surviveKills(
  t: TestContext,
  environment: Readonly<Record<string, string>> = {},
  meanwhile: (done: AbortSignal) => Promise<void> = async () => {},
): Promise<void> {
  const system = await startSystem(t, { RATE_LIMITS: 'off', ...environment })
  const persons = named('person', people)
  const forgetful = named('forgetful', forgetfulPeople)
  await Promise.all([...persons, ...forgetful].map((person) => signUp(system, person)))

  const done = new AbortController()
  const killing = killAtRandom(system, killed, killsOfEach, done.signal)
  const forgetting = Promise.all(forgetful.map((person) => forget(system, person, done.signal)))
  const happening = meanwhile(done.signal)
  const living = persons.map((person, i) => live(system, person, signInsEach, filmsOf(i)))
  const lives = await Promise.all(living).finally(() => done.abort())
  const [kills, forgotten] = await Promise.all([killing, forgetting, happening])

  assert.ok(kills.count >= killsOfEach * killed.length)
  await assertLogins(system, lives, t)
  await assertRentals(system, lives)
  const account = await assertMails(system, lives, kills, t)
  for (const [i, { email }] of forgetful.entries()) {
    // A request without an answer may have had its mail as well.
    assert.ok(account.firsts(email) >= 1 + (forgotten[i] ?? 0), `to ${email}`)
  }
}

function named(name: string, count: number): readonly Credentials[] {
  return Array.from({ length: count }, (_, i) => ({ email: `${name}${i}@example.org`, password: 'correct horse' }))
}

/** No two rent the same film. */
function filmsOf(person: number): readonly number[] {
  return Array.from({ length: rentalsEach }, (_, i) => 1 + person * rentalsEach + i)
}

async function assertLogins(system: System, lives: readonly Life[], t: TestContext): Promise<void> {
  const answered = lives.flatMap(({ tokens }) => tokens)
  assert.equal(answered.length, people * signInsEach)
  const committed = committedLogins(system)
  for (const token of answered) assert.ok(committed.has(sessionOf(token)), 'an answered sign-in is committed')
  // An attempt without an answer may have signed in as well: what was committed says which did.
  const expected = [...committed.values()].map(lineOf).sort()
  let listed: readonly UserLoggedIn[] = []
  const all = async () => {
    const found = await Promise.all(lives.map(({ tokens: [token = ''] }) => tryLogins(system.url, token)))
    listed = found.flatMap((items) => items ?? [])
    return listed.length >= expected.length
  }
  await until('all are listed', all, 40_000, () => [listed.length, expected.length, system.lines.slice(-30)])
  assert.deepEqual(listed.map(lineOf).sort(), expected)
  await until('all are printed', () => new Set(system.printed()).size === expected.length)
  t.diagnostic(
    `sign-ins: ${answered.length} answered, ${listed.length} listed, ${system.printed().length} lines printed`,
  )
}

async function assertRentals({ url }: System, lives: readonly Life[]): Promise<void> {
  for (const { rented, tokens } of lives) {
    assert.equal(rented.length, rentalsEach)
    const [token = ''] = tokens
    assert.deepEqual((await insist(() => activeRentals(url, token))).toSorted(byNumber), rented.toSorted(byNumber))
  }
}

const byNumber = (a: number, b: number): number => a - b

async function assertMails(system: System, lives: readonly Life[], kills: Kills, t: TestContext): Promise<MailAccount> {
  let account = await accountOfMails(system)
  const settled = async () => {
    account = await accountOfMails(system)
    return Object.keys(account.states).join() === 'done'
  }
  await until('no mail waits, and none is a dead letter', settled, 120_000, () => account.states)
  const { mails, doubled, uncertain, states } = account
  t.diagnostic(
    `${kills.count} kills, ${kills.smtpSessions} SMTP sessions open at those of the mailer; mails: ${mails.length}, ` +
      `doubled: ${doubled.length}, uncertain: ${[...uncertain.values()].reduce((sum, one) => sum + one, 0)}, ` +
      `messages of the mailer: ${JSON.stringify(states)}`,
  )
  assert.equal(mails.length - doubled.length, states.done)
  assert.ok(doubled.length <= kills.smtpSessions)
  for (const { to } of doubled) {
    const copies = doubled.filter((mail) => mail.to === to).length
    assert.ok(copies <= (uncertain.get(to) ?? 0), `each copy to ${to} is counted as uncertain`)
  }
  // One to confirm the address, one for each rental.
  for (const { person } of lives) assert.equal(account.firsts(person.email), 1 + rentalsEach, `to ${person.email}`)
  return account
}
