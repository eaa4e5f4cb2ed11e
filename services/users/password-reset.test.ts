/** Setting a new password with a mailed code. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '@vestnik/bus'
import { anna, open, otherCode, type System } from './app.fixture.ts'

const { email } = anna
const newPassword = 'another horse'

async function ask(system: System): Promise<string> {
  const answer = await system.post('/password-resets', { email })
  assert.deepEqual([answer.status, answer.text], [202, ''])
  return await system.lastCode(email)
}

const confirm = ({ post }: System, code: string, password = newPassword) =>
  post('/password-resets/confirm', { email, code, newPassword: password })

test('the mailed code sets a new password, once; nobody is signed in, and the owner is told', async (t) => {
  const system = await open(t)
  await system.join()
  const code = await ask(system)
  const answer = await confirm(system, code)
  assert.deepEqual([answer.status, answer.text], [204, ''])
  assert.deepEqual(await system.rows('sessions'), [])
  assert.deepEqual(await system.messages('mail.sendNotice'), [
    { topic: 'mail.sendNotice', payload: { email, kind: 'password-changed' } },
  ])
  assert.equal((await system.post('/sessions', anna)).status, 401)
  await system.signIn({ email, password: newPassword })
  assert.equal((await confirm(system, code, 'a third horse')).status, 422)
  await system.signIn({ email, password: newPassword })
})

test('a new password ends every session', async (t) => {
  const system = await open(t)
  await system.join()
  const sessions = [await system.signIn(), await system.signIn()]
  await confirm(system, await ask(system))
  for (const { accessToken, refreshToken } of sessions) {
    assert.equal((await system.post('/sessions/refresh', { refreshToken })).status, 401)
    assert.equal((await system.request('GET', '/users/me', { token: accessToken })).status, 401)
  }
})

test('the sessions of others go on', async (t) => {
  const system = await open(t)
  await system.join()
  const boris = { email: 'boris@example.org', password: 'correct horse' }
  await system.join(boris)
  const { refreshToken } = await system.signIn(boris)
  await confirm(system, await ask(system))
  assert.equal((await system.post('/sessions/refresh', { refreshToken })).status, 200)
})

test('the sixth try of a code changes nothing, and a wrong one neither', async (t) => {
  const system = await open(t)
  await system.join()
  const code = await ask(system)
  for (let i = 0; i < 5; i += 1) assert.equal((await confirm(system, otherCode(code))).status, 422)
  assert.equal((await confirm(system, code)).status, 422)
  await system.signIn()
  assert.deepEqual(await system.messages('mail.sendNotice'), [])
})

test('a password that may not be chosen is refused before the code is tried', async (t) => {
  const system = await open(t)
  await system.join()
  const code = await ask(system)
  for (const bad of ['short', 'password123', email, 'x'.repeat(257)]) {
    const answer = await confirm(system, code, bad)
    assert.equal(answer.status, 400)
    assert.match(answer.text, /"field":"newPassword"/)
  }
  assert.equal((await confirm(system, code)).status, 204)
})

test('whoever sets a password by a mailed code has shown that the address is theirs', async (t) => {
  const system = await open(t)
  // Somebody else signed up with the address, and waits for its owner to confirm it.
  await system.post('/users', { email, password: 'squatting horse' })
  const first = await system.lastCode(email)
  await confirm(system, await ask(system))
  await system.signIn({ email, password: newPassword })
  assert.equal((await system.post('/sessions', { email, password: 'squatting horse' })).status, 401)
  assert.equal((await system.messages('user.emailConfirmed')).length, 1)
  assert.equal((await system.post('/users/confirmations', { email, code: first })).status, 422)
  assert.deepEqual(await system.rows('one_time_codes'), [])
})

test('for an address that nobody has nothing is mailed', async (t) => {
  const system = await open(t)
  await ask(system)
  assert.deepEqual(await system.messages(), [])
  assert.equal((await confirm(system, '000000')).status, 422)
})

test('an account that is swept away just now is one that is not there', async (t) => {
  let sweeping = false
  /** Between the look at the account and what follows, as another instance may do it. */
  const around = (store: Store): Store => ({
    ...store,
    transaction: (work) =>
      store.transaction((tx) =>
        work({
          ...tx,
          async query(sql, params) {
            const rows = await tx.query(sql, params)
            if (sweeping && /FROM users WHERE email/.test(sql)) await tx.query('DELETE FROM users', [])
            return rows
          },
        }),
      ),
  })
  const system = await open(t, { around })
  const nobodys = await confirm(system, '000000')
  const own: readonly (readonly [asked: string, confirmed: string])[] = [
    ['/password-resets', '/password-resets/confirm'],
    ['/users/confirmations/resend', '/users/confirmations'],
  ]
  for (const [asked, confirmed] of own) {
    sweeping = false
    await system.post('/users', { email, password: 'squatting horse' })
    await system.post(asked, { email })
    const code = await system.lastCode(email)
    sweeping = true
    const answer = await system.post(confirmed, { email, code, ...(asked === '/password-resets' && { newPassword }) })
    assert.deepEqual([answer.status, answer.text], [nobodys.status, nobodys.text])
  }
  assert.deepEqual(await system.messages('mail.sendNotice'), [])
  assert.deepEqual(await system.messages('user.emailConfirmed'), [])
})
