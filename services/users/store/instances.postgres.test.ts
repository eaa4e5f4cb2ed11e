/** What races between instances of the users service ends as if one had come after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate, type ServiceStore } from '@vestnik/service'
import { openTwo, overlap } from '../../../tools/databases/test-store.ts'
import { addAccount, type Credentials, findCredentials, nextUserId, noteSignIn, setPassword } from './accounts.ts'
import { migrations } from './migrations.ts'
import { endSessionsOf, openSession, useRefreshToken } from './sessions.ts'

const email = 'anna@example.org'
const nowMs = Date.UTC(2026, 0, 17)

async function open() {
  const both = await openTwo()
  for (const store of both) await migrate(store, 'users', migrations)
  return both
}

const signUp = (store: ServiceStore) =>
  store.transaction(async (tx) => {
    const id = await nextUserId(tx)
    return { id, added: await addAccount(tx, id, { email, name: undefined, password: 'hash', nowMs }) }
  })

const known = async (store: ServiceStore): Promise<Credentials> =>
  (await store.read((tx) => findCredentials(tx, email, 'here'))) ?? assert.fail('no account')

const atBoth = <R>(both: readonly ServiceStore[], times: number, work: (store: ServiceStore) => Promise<R>) =>
  Promise.all(Array.from({ length: times }, () => both.map(work)).flat())

test('of sign-ups with one address one gets it, and no id is given twice', { timeout: 60_000 }, async () => {
  await using both = await open()
  const found = await atBoth(both, 8, signUp)
  assert.equal(found.filter(({ added }) => added).length, 1)
  assert.equal(new Set(found.map(({ id }) => id)).size, found.length)
})

test('no two sign-ins of a user have the same time', { timeout: 60_000 }, async () => {
  await using both = await open()
  await signUp(both[0])
  const user = await known(both[1])
  const times = await atBoth(both, 10, (store) => store.transaction((tx) => noteSignIn(tx, user, nowMs)))
  assert.deepEqual(
    times.map(Number).sort((a, b) => a - b),
    times.map((_, i) => nowMs + i),
  )
})

test('no session begins with a password that another instance replaces', { timeout: 60_000 }, async () => {
  await using both = await open()
  await signUp(both[0])
  const signIn = (user: Credentials, id: string) => (store: ServiceStore) =>
    store.transaction(async (tx) => {
      if ((await noteSignIn(tx, user, nowMs)) === undefined) return 'refused'
      const session = { userId: user.userId, nowMs, refreshHash: Buffer.from(id), refreshExpiresMs: nowMs + 1000 }
      await openSession(tx, { id, ...session })
      return 'begun'
    })
  const reset = (user: Credentials) => (store: ServiceStore) =>
    store.transaction(async (tx) => {
      await setPassword(tx, user.userId, 'another hash')
      await endSessionsOf(tx, user.userId, nowMs)
    })
  const before = await known(both[0])
  const [early] = await overlap(both, signIn(before, 'early'), reset(before))
  const between = await known(both[0])
  const [, late] = await overlap(both, reset(between), signIn(between, 'late'))
  assert.deepEqual([early, late], ['begun', 'refused'])
  const left = await both[0].read((tx) => tx.query('SELECT id FROM sessions WHERE ended_at IS NULL', []))
  assert.deepEqual(left, [])
})

test('a refresh token is used once, at whichever instance', { timeout: 60_000 }, async () => {
  await using both = await open()
  await signUp(both[0])
  const refreshHash = Buffer.from('token')
  const { userId } = await known(both[0])
  const session = { id: 's', userId, refreshHash, refreshExpiresMs: nowMs + 1000, nowMs }
  await both[0].transaction((tx) => openSession(tx, session))
  const outcomes = await atBoth(both, 5, (store) =>
    store.transaction((tx) => useRefreshToken(tx, refreshHash, nowMs, nowMs - 1000)),
  )
  assert.deepEqual(outcomes.toSorted(), [...Array.from({ length: 9 }, () => 'reused'), 'used'])
})
