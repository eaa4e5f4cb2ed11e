/** Sessions after their beginning: renewed, asked about, ended. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signToken, tokenLifeSeconds } from '@vestnik/service'
import { keys, open, type System } from './app.fixture.ts'
import { sourceLifeMs } from './store/sweep.ts'
import { refreshLifeMs, sessionLifeMs } from './tokens.ts'

const refresh = ({ post }: System, refreshToken: unknown) => post('/sessions/refresh', { refreshToken })
const me = ({ request }: System, token: unknown) => request('GET', '/users/me', { token: String(token) })
const signOut = ({ request }: System, token: unknown) =>
  request('DELETE', '/sessions/current', { token: String(token) })

async function signedIn(t: Parameters<typeof open>[0]) {
  const system = await open(t)
  await system.join()
  return { system, ...(await system.signIn()) }
}

test('whoever is signed in sees their account', async (t) => {
  const { system, accessToken } = await signedIn(t)
  const answer = await me(system, accessToken)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, { id: 1, email: 'anna@example.org', name: null, emailConfirmed: true })
  assert.equal((await system.request('GET', '/users/me')).status, 401)
})

test('a refresh token answers new tokens of the same session', async (t) => {
  const { system, accessToken, refreshToken } = await signedIn(t)
  const answer = await refresh(system, refreshToken)
  assert.equal(answer.status, 200)
  const { accessToken: newAccess, refreshToken: newRefresh, ...rest } = answer.body
  assert.deepEqual(rest, { tokenType: 'Bearer', expiresIn: tokenLifeSeconds })
  assert.notEqual(newAccess, accessToken)
  assert.notEqual(newRefresh, refreshToken)
  assert.equal((await me(system, newAccess)).status, 200)
  assert.equal((await refresh(system, newRefresh)).status, 200)
  assert.equal((await system.rows('sessions')).length, 1)
  // Renewing is no sign-in.
  assert.equal((await system.messages('user.loggedIn')).length, 1)
})

test('a second use of a refresh token ends the session, with all its tokens', async (t) => {
  const { system, refreshToken } = await signedIn(t)
  const { body } = await refresh(system, refreshToken)
  assert.equal((await refresh(system, refreshToken)).status, 401)
  assert.equal((await refresh(system, body.refreshToken)).status, 401)
  assert.equal((await me(system, body.accessToken)).status, 401)
})

test('also the second use of the newest refresh token, at once, ends the session', async (t) => {
  const { system, refreshToken } = await signedIn(t)
  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(system, refreshToken)))
  const won = answers.filter(({ status }) => status === 200)
  assert.equal(won.length, 1)
  assert.equal((await refresh(system, won[0]?.body.refreshToken)).status, 401)
})

test('the end of one session leaves the others', async (t) => {
  const { system, refreshToken } = await signedIn(t)
  const other = await system.signIn()
  await refresh(system, refreshToken)
  await refresh(system, refreshToken)
  assert.equal((await me(system, other.accessToken)).status, 200)
  assert.equal((await refresh(system, other.refreshToken)).status, 200)
})

test('a refresh token ends after 30 days, and is deleted with its session', async (t) => {
  const { system, refreshToken } = await signedIn(t)
  const { body } = await refresh(system, refreshToken)
  system.clock.aheadMs = refreshLifeMs - 60_000
  await system.sweep()
  assert.equal((await system.rows('refresh_tokens')).length, 2)
  system.clock.aheadMs = refreshLifeMs + 1000
  assert.equal((await refresh(system, body.refreshToken)).status, 401)
  await system.sweep()
  assert.deepEqual(await system.rows('refresh_tokens'), [])
  assert.deepEqual(await system.rows('sessions'), [])
  assert.equal((await system.rows('known_sources')).length, 1)
  system.clock.aheadMs = sourceLifeMs + 60_000
  await system.sweep()
  assert.deepEqual(await system.rows('known_sources'), [])
  assert.equal((await system.rows('users')).length, 1)
})

test('a session that is renewed outlives its first token, and its row', async (t) => {
  const { system, refreshToken } = await signedIn(t)
  system.clock.aheadMs = refreshLifeMs - 60_000
  const { body } = await refresh(system, refreshToken)
  system.clock.aheadMs = refreshLifeMs + 60_000
  await system.sweep()
  assert.equal((await system.rows('refresh_tokens')).length, 1)
  assert.equal((await refresh(system, body.refreshToken)).status, 200)
})

test('a session ends after 90 days, however often it was renewed', async (t) => {
  const { system, refreshToken } = await signedIn(t)
  let newest: unknown = refreshToken
  for (const aheadMs of [0.3, 0.6, 0.9, 0.999].map((part) => part * sessionLifeMs)) {
    system.clock.aheadMs = aheadMs
    await system.sweep()
    const answer = await refresh(system, newest)
    assert.equal(answer.status, 200)
    newest = answer.body.refreshToken
  }
  system.clock.aheadMs = sessionLifeMs + 1000
  assert.equal((await refresh(system, newest)).status, 401)
})

test('many sessions that ended are all swept', async (t) => {
  const { system } = await signedIn(t)
  await system.store.transaction(async (tx) => {
    for (let i = 0; i < 1200; i += 1) {
      await tx.query('INSERT INTO sessions (id, user_id, created_at) VALUES (?, 1, 0)', [`s${i}`])
      await tx.query('INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, 1)', [
        Buffer.from(String(i)),
        `s${i}`,
      ])
    }
  })
  await system.sweep()
  assert.equal((await system.rows('sessions')).length, 1)
  assert.equal((await system.rows('refresh_tokens')).length, 1)
})

test('signing out ends the session', async (t) => {
  const { system, accessToken, refreshToken } = await signedIn(t)
  const other = await system.signIn()
  const answer = await signOut(system, accessToken)
  assert.deepEqual([answer.status, answer.text], [204, ''])
  assert.equal((await refresh(system, refreshToken)).status, 401)
  assert.equal((await me(system, accessToken)).status, 401)
  assert.equal((await signOut(system, accessToken)).status, 401)
  assert.equal((await me(system, other.accessToken)).status, 200)
  assert.equal((await system.request('DELETE', '/sessions/current')).status, 401)
})

test('a token that we signed for a session of another account opens and ends nothing', async (t) => {
  const { system, accessToken } = await signedIn(t)
  await system.join({ email: 'boris@example.org', password: 'correct horse' })
  const [{ id } = { id: '' }] = await system.rows('sessions')
  const forged = await signToken(keys.signing, { userId: 2, sessionId: String(id) }, 'id', Date.now())
  assert.equal((await me(system, forged)).status, 401)
  assert.equal((await signOut(system, forged)).status, 401)
  assert.equal((await me(system, accessToken)).status, 200)
})

for (const found of ['A'.repeat(43), '-_'.repeat(21).concat('x')]) {
  test(`a refresh token that nobody was given, ${found.slice(0, 4)}…, is answered 401`, async (t) => {
    const system = await open(t)
    assert.equal((await refresh(system, found)).status, 401)
  })
}
