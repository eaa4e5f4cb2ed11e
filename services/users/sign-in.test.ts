/** Signing in, and what is kept of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenLifeSeconds, verifierOf } from '@vestnik/service'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet } from 'jose'
import { anna, cheap, keys, open } from './app.fixture.ts'
import { createPasswords, type Passwords } from './passwords.ts'

test('signing in answers a token that our keys verify, and tells of it once', async (t) => {
  const { post, request, join, messages } = await open(t)
  await join()
  const before = Date.now()
  const answer = await post('/sessions', anna)
  assert.equal(answer.status, 200)
  const { accessToken, refreshToken, ...rest } = answer.body
  assert.deepEqual(rest, { tokenType: 'Bearer', expiresIn: tokenLifeSeconds })
  assert.match(String(refreshToken), /^[A-Za-z0-9_-]{43}$/)
  assert.ok(tokenLifeSeconds <= 900)

  const published = (await request('GET', '/.well-known/jwks.json')).body as unknown as JSONWebKeySet
  assert.deepEqual(published, keys.published)
  assert.equal((await verifierOf(createLocalJWKSet(published))(`Bearer ${accessToken}`)).userId, 1)
  const { iat = 0, exp = 0 } = decodeJwt(String(accessToken))
  assert.equal(exp - iat, tokenLifeSeconds)

  const [login, ...more] = await messages('user.loggedIn')
  assert.deepEqual(more, [])
  assert.deepEqual(Object.keys(login?.payload ?? {}), ['userId', 'timestamp'])
  assert.equal(login?.payload.userId, 1)
  const told = Date.parse(String(login.payload.timestamp))
  assert.ok(told >= before && told <= Date.now())
})

test('two sign-ins at once have times of their own: a peer that knows them by nothing else sees two', async (t) => {
  const { post, join, messages } = await open(t)
  await join()
  const at = Date.now()
  const clock = t.mock.method(Date, 'now', () => at)
  const answers = await Promise.all(Array.from({ length: 5 }, () => post('/sessions', anna)))
  clock.mock.restore()
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  const times = (await messages('user.loggedIn')).map(({ payload }) => payload.timestamp)
  assert.equal(new Set(times).size, 5)
})

test('a sign-in that fails is told to nobody', async (t) => {
  const { post, join, messages } = await open(t)
  await join()
  assert.equal((await post('/sessions', { ...anna, password: 'wrong horse' })).status, 401)
  assert.deepEqual(await messages('user.loggedIn'), [])
})

test('an address must be confirmed before signing in', async (t) => {
  const { post, lastCode, signIn } = await open(t)
  await post('/users', anna)
  assert.equal((await post('/sessions', anna)).status, 401)
  await post('/users/confirmations', { email: anna.email, code: await lastCode(anna.email) })
  await signIn({ ...anna, email: 'Anna@Example.ORG' })
})

test('a sign-in makes a weak hash stronger', async (t) => {
  const weak = await createPasswords({ cost: cheap, atOnce: 1 }).hash(anna.password)
  const { join, signIn, store, rows } = await open(t, {
    passwords: createPasswords({ cost: { ...cheap, passes: 2 }, atOnce: 1 }),
  })
  await join()
  await store.transaction((tx) => tx.query('UPDATE users SET password = ?', [weak]))
  await signIn()
  assert.match(String((await rows('users'))[0]?.password), /t=2/)
  await signIn()
})

test('a sign-in with the old password that is under way while it is reset begins no session', async (t) => {
  const real = createPasswords({ cost: cheap, atOnce: 4 })
  const looking = Promise.withResolvers<void>()
  const reset = Promise.withResolvers<void>()
  const verify: Passwords['verify'] = async (password, stored) => {
    const answer = await real.verify(password, stored)
    looking.resolve()
    await reset.promise
    return answer
  }
  const { post, join, lastCode, rows } = await open(t, { passwords: { ...real, verify } })
  await join()
  const late = post('/sessions', anna)
  await looking.promise
  await post('/password-resets', { email: anna.email })
  const body = { email: anna.email, code: await lastCode(anna.email), newPassword: 'another horse' }
  assert.equal((await post('/password-resets/confirm', body)).status, 204)
  reset.resolve()
  assert.equal((await late).status, 401)
  assert.deepEqual(await rows('sessions'), [])
})
