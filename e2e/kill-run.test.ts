/** Sign-ins while processes are killed at random: every answered one is listed exactly once and printed. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Credentials, type Login, lineOf, sessionOf, signUp, tryLogins, trySignIn } from './person.ts'
import { type System, startSystem } from './system.ts'
import { until } from './until.ts'

const people = 6
const signInsEach = 10

test('every answered sign-in is listed once and printed, whatever is killed', { timeout: 200_000 }, async (t) => {
  const system = await startSystem(t)
  const persons = Array.from({ length: people }, (_, i) => ({
    email: `person${i}@example.org`,
    password: 'correct horse',
  }))
  for (const person of persons) await signUp(system.gatewayUrl, person)

  const done = new AbortController()
  const killing = killAtRandom(system, done.signal)
  const tokens = await Promise.all(persons.map((person) => signInOften(system, person)))
  done.abort()
  const kills = await killing

  const found = await Promise.all(tokens.map((own) => listedAll(system, own)))
  const logins = found.flat()
  // An attempt without an answer may have signed in as well: what was committed says which did.
  assert.deepEqual(logins.map(lineOf).sort(), committed(system).map(lineOf).sort())
  await until('all are printed', () => new Set(system.printed()).size === new Set(logins.map(lineOf)).size)
  const answered = tokens.flat().length
  assert.equal(answered, people * signInsEach)
  t.diagnostic(`${kills} kills, ${answered} answered, ${logins.length} listed, ${system.printed().length} printed`)
  assert.ok(kills >= 10)
})

async function signInOften(system: System, person: Credentials): Promise<readonly string[]> {
  const tokens: string[] = []
  while (tokens.length < signInsEach) {
    const token = await trySignIn(system.gatewayUrl, person)
    if (token === undefined) await sleep(50)
    else tokens.push(token)
    // Spread over the kills.
    await sleep(Math.random() * 500)
  }
  return tokens
}

/** Kills each service again and again, for as long as people sign in or often enough, and answers how often. */
async function killAtRandom(system: System, signal: AbortSignal): Promise<number> {
  const kills = await Promise.all([
    killOften(() => system.signal('gateway', 'SIGKILL'), system.gatewayUrl, signal),
    killOften(() => system.signal('users', 'SIGKILL'), system.usersUrl, signal),
  ])
  return kills.reduce((sum, count) => sum + count)
}

async function killOften(kill: () => void, url: string, signal: AbortSignal): Promise<number> {
  let kills = 0
  while (kills < (signal.aborted ? 5 : 12)) {
    await until('it runs', () => isReady(url), 20_000)
    await sleep(300 + Math.random() * 900)
    kill()
    kills += 1
  }
  return kills
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true
}

/** A person's sign-ins once all that are committed have come. */
async function listedAll(system: System, tokens: readonly string[]): Promise<readonly Login[]> {
  const [token = ''] = tokens
  const sessions = sessionsOf(system)
  const userId = sessions.get(sessionOf(token))?.userId
  const expected = [...sessions.values()].filter((session) => session.userId === userId)
  for (const one of tokens) assert.ok(sessions.has(sessionOf(one)), 'an answered sign-in is committed')
  let items: readonly Login[] = []
  const all = async () => {
    items = (await tryLogins(system.gatewayUrl, token))?.items ?? []
    return items.length >= expected.length
  }
  await until(`${expected.length} are listed`, all, 30_000, () => [items.length, system.lines.slice(-30)])
  return items
}

const committed = (system: System): readonly Login[] => [...sessionsOf(system).values()]

/** What the users service committed, by session. */
function sessionsOf({ folder }: System): ReadonlyMap<string, Login> {
  using database = new DatabaseSync(join(folder, 'data', 'users.db'), { readOnly: true, timeout: 2000 })
  const rows = database.prepare('SELECT id, user_id, created_at FROM sessions').all()
  const login = (row: (typeof rows)[number]): Login => ({
    userId: Number(row.user_id),
    timestamp: new Date(Number(row.created_at)).toISOString(),
  })
  return new Map(rows.map((row) => [String(row.id), login(row)]))
}
