/** Signing up and confirming the address. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeLifeMs } from '@vestnik/contracts'
import { anna, open, otherCode } from './app.fixture.ts'
import { unconfirmedLifeMs } from './store/sweep.ts'

const { email } = anna
const confirm = '/users/confirmations'
const resend = '/users/confirmations/resend'

test('signing up answers the account, mails a code and tells of it', async (t) => {
  const { post, messages } = await open(t)
  const answer = await post('/users', { ...anna, email: 'Anna@Example.org', name: ' Anna ' })
  assert.equal(answer.status, 201)
  assert.deepEqual(answer.body, { id: 1, email, name: 'Anna', emailConfirmed: false })
  const [registered, mail, ...more] = await messages()
  assert.deepEqual(registered, { topic: 'user.registered', payload: { userId: 1, email } })
  assert.equal(mail?.topic, 'mail.sendCode')
  assert.deepEqual(Object.keys(mail.payload), ['email', 'code'])
  assert.equal(mail.payload.email, email)
  assert.match(String(mail.payload.code), /^[0-9]{6}$/)
  assert.deepEqual(more, [])
})

test('the mailed code confirms the address, once, and that is told', async (t) => {
  const { post, messages, lastCode, rows } = await open(t)
  await post('/users', anna)
  const code = await lastCode(email)
  const answer = await post(confirm, { email: 'ANNA@example.org', code })
  assert.deepEqual([answer.status, answer.text], [204, ''])
  assert.deepEqual(await messages('user.emailConfirmed'), [
    { topic: 'user.emailConfirmed', payload: { userId: 1, email } },
  ])
  assert.equal((await rows('users'))[0]?.email_confirmed, 1)
  assert.equal((await post(confirm, { email, code })).status, 422)
  assert.equal((await messages('user.emailConfirmed')).length, 1)
})

test('a wrong, a used, an expired and an exhausted code, and one for an unknown address, are answered alike', async (t) => {
  const { post, lastCode, clock } = await open(t)
  await post('/users', anna)
  const code = await lastCode(email)
  const answers = [await post(confirm, { email, code: otherCode(code) })]
  answers.push(await post(confirm, { email: 'nobody@example.org', code }))
  for (let i = 0; i < 4; i += 1) await post(confirm, { email, code: otherCode(code) })
  answers.push(await post(confirm, { email, code }))
  await post(resend, { email })
  const late = await lastCode(email)
  clock.aheadMs = codeLifeMs + 1000
  answers.push(await post(confirm, { email, code: late }))
  await post(resend, { email })
  const used = await lastCode(email)
  assert.equal((await post(confirm, { email, code: used })).status, 204)
  answers.push(await post(confirm, { email, code: used }))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [422, 422, 422, 422, 422],
  )
  for (const { text, headers } of answers) assert.deepEqual([text, headers], [answers[0]?.text, answers[0]?.headers])
})

test('the fifth try of a code may succeed', async (t) => {
  const { post, lastCode } = await open(t)
  await post('/users', anna)
  const code = await lastCode(email)
  for (let i = 0; i < 4; i += 1) assert.equal((await post(confirm, { email, code: otherCode(code) })).status, 422)
  assert.equal((await post(confirm, { email, code })).status, 204)
})

test('of a thousand guesses at once five are counted, and the right code after them is refused', async (t) => {
  const { post, lastCode, rows } = await open(t)
  await post('/users', anna)
  const code = await lastCode(email)
  const guesses = Array.from({ length: 1000 }, (_, i) => (i < 5 ? otherCode(code) : code))
  const answers = await Promise.all(guesses.map((guess) => post(confirm, { email, code: guess })))
  assert.ok(answers.every(({ status }) => status === 422))
  assert.equal((await rows('one_time_codes'))[0]?.tries, 5)
  assert.equal((await rows('users'))[0]?.email_confirmed, 0)
})

test("another's code confirms nothing", async (t) => {
  const { post, lastCode, rows } = await open(t)
  await post('/users', anna)
  await post('/users', { ...anna, email: 'boris@example.org' })
  let [one, other] = [await lastCode(email), await lastCode('boris@example.org')]
  while (one === other) {
    await post(resend, { email })
    one = await lastCode(email)
  }
  assert.equal((await post(confirm, { email, code: other })).status, 422)
  assert.ok((await rows('users')).every((row) => row.email_confirmed === 0))
})

test('a code that was mailed to set a password does not confirm the address, nor the other way round', async (t) => {
  const { post, lastCode } = await open(t)
  await post('/users', anna)
  const first = await lastCode(email)
  await post('/password-resets', { email })
  let reset = await lastCode(email)
  while (reset === first) {
    await post('/password-resets', { email })
    reset = await lastCode(email)
  }
  assert.equal((await post(confirm, { email, code: reset })).status, 422)
  assert.equal((await post('/password-resets/confirm', { email, code: first, newPassword: 'new horse' })).status, 422)
})

test('asking for another code ends the one before', async (t) => {
  const { post, lastCode } = await open(t)
  await post('/users', anna)
  const old = await lastCode(email)
  const answer = await post(resend, { email })
  assert.deepEqual([answer.status, answer.text], [202, ''])
  let fresh = await lastCode(email)
  while (fresh === old) {
    await post(resend, { email })
    fresh = await lastCode(email)
  }
  assert.equal((await post(confirm, { email, code: old })).status, 422)
  assert.equal((await post(confirm, { email, code: fresh })).status, 204)
})

test('a confirmed address is mailed no more codes to confirm it', async (t) => {
  const { post, join, messages } = await open(t)
  await join()
  assert.equal((await post(resend, { email })).status, 202)
  assert.equal((await messages('mail.sendCode')).length, 1)
})

test('a taken address is answered like a free one, with an id that nobody gets, and its owner is told', async (t) => {
  const { post, join, signIn, rows, messages } = await open(t)
  await join()
  const again = await post('/users', { email: 'ANNA@example.org', password: 'another horse' })
  assert.equal(again.status, 201)
  assert.deepEqual(again.body, { id: 2, email, name: null, emailConfirmed: false })
  const other = await post('/users', { email: 'boris@example.org', password: 'correct horse' })
  assert.equal(other.body.id, 3)
  assert.equal((await post('/sessions', { email, password: 'another horse' })).status, 401)
  await signIn()
  assert.deepEqual((await rows('users')).map((row) => Number(row.id)).sort(), [1, 3])
  assert.deepEqual(await messages('mail.sendNotice'), [
    { topic: 'mail.sendNotice', payload: { email, kind: 'address-taken' } },
  ])
  assert.deepEqual(
    (await messages('user.registered')).map(({ payload }) => payload.userId),
    [1, 3],
  )
})

test('many sign-ups with one address at once make one account, and each gets an id of its own', async (t) => {
  const { post, rows, messages } = await open(t)
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('/users', anna)))
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 20)
  assert.equal((await rows('users')).length, 1)
  assert.equal((await messages('user.registered')).length, 1)
})

test('a second sign-up before the first is confirmed changes neither its password nor its code', async (t) => {
  const { post, lastCode, signIn } = await open(t)
  await post('/users', anna)
  const code = await lastCode(email)
  await post('/users', { email, password: 'the horse of somebody else' })
  assert.equal((await post(confirm, { email, code })).status, 204)
  assert.equal((await post('/sessions', { email, password: 'the horse of somebody else' })).status, 401)
  await signIn()
})

test('an address that nobody confirms is free again after a day', async (t) => {
  const { post, clock, sweep, rows, join, signIn } = await open(t)
  await post('/users', { email, password: 'squatting horse' })
  clock.aheadMs = unconfirmedLifeMs - 60_000
  await sweep()
  assert.equal((await rows('users')).length, 1)
  clock.aheadMs = unconfirmedLifeMs + 60_000
  await sweep()
  assert.deepEqual(await rows('users'), [])
  await join()
  await signIn()
  assert.equal((await rows('users'))[0]?.id, 2)
  clock.aheadMs *= 10
  await sweep()
  assert.equal((await rows('users')).length, 1)
})
