/** Codes that are guessed or borrowed, and answers that are compared: nobody gets in, and nobody learns who has an account. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rentals, sessions, users } from '@vestnik/api'
import { ask } from '../tools/client/ask.ts'
import { film, makePerson, passwordOf } from './hostile/people.ts'
import { startSystem } from './system.ts'

interface Answer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly text: string
}

async function post(url: string, body: object, token = ''): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const told = [...answer.headers].filter(([name]) => name !== 'date')
  return { status: answer.status, headers: told, text: await answer.text() }
}

/** Six digits each, all of them others than the code. */
function wrongCodes(count: number, code: string): readonly string[] {
  return Array.from({ length: count }, (_, n) => String((Number(code) + 1 + n) % 1_000_000).padStart(6, '0'))
}

const kinds = (answers: readonly Answer[]): readonly string[] => [
  ...new Set(answers.map(({ status, headers, text }) => JSON.stringify([status, headers, text]))),
]

test('codes are not guessed, not shared, and tell nobody anything', { timeout: 180_000 }, async (t) => {
  const system = await startSystem(t, { RATE_LIMITS: 'off' })
  const { url, mailbox } = system
  const anna = await makePerson(system, 'anna@example.org')
  const annasCode = await mailbox.nextCode(anna.email)
  const boris = await makePerson(system, 'boris@example.org')
  const borisCode = await mailbox.nextCode(boris.email)
  const confirm = (id: number, code: string, token: string) =>
    post(`${url}/rentals/${id}/confirmation`, { code }, token)

  await t.test("another's code confirms nothing of one's own, and one's own code nothing of another's", async () => {
    assert.equal((await confirm(anna.rentalId, annasCode.code, boris.token)).status, 404)
    assert.equal((await confirm(anna.rentalId, borisCode.code, boris.token)).status, 404)
    assert.equal((await confirm(boris.rentalId, annasCode.code, boris.token)).status, 422)
  })

  await t.test("another's tries use up nothing of the owner's", async () => {
    const tries = wrongCodes(20, annasCode.code).map((code) => confirm(anna.rentalId, code, boris.token))
    assert.equal(kinds(await Promise.all(tries)).length, 1)
    const { status } = await confirm(anna.rentalId, annasCode.code, anna.token)
    assert.equal(status, 200)
  })

  await t.test('a rental that is there and one that is not are one to strangers', async () => {
    const answers = [anna.rentalId, 999_999].map((id) => confirm(id, '000000', boris.token))
    assert.equal(kinds(await Promise.all(answers)).length, 1)
  })

  await t.test('of a thousand guesses at a rental none is right, and then the code is of no use', async () => {
    const { code } = borisCode
    const answers = await Promise.all(
      wrongCodes(1000, code).map((wrong) => confirm(boris.rentalId, wrong, boris.token)),
    )
    answers.push(await confirm(boris.rentalId, code, boris.token))
    assert.equal(kinds(answers).length, 1)
    assert.equal(answers[0]?.status, 422)
  })

  await t.test('of a thousand right codes at once one is taken', async () => {
    const { id } = await ask(url, rentals.rentFilm, { params: { id: film }, token: boris.token })
    const { code } = await mailbox.nextCode(boris.email)
    const answers = await Promise.all(wrongCodes(1000, code).map(() => confirm(id, code, boris.token)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 422).length, 999)
  })

  await t.test('of a thousand guesses at an address none is right, and a new code still is', async () => {
    const email = 'clara@example.org'
    await ask(url, users.signUp, { body: { email, password: passwordOf(email) } })
    const { code } = await mailbox.nextCode(email)
    const tries = wrongCodes(1000, code).map((wrong) => post(`${url}/users/confirmations`, { email, code: wrong }))
    const answers = [...(await Promise.all(tries)), await post(`${url}/users/confirmations`, { email, code })]
    assert.equal(kinds(answers).length, 1)
    assert.equal((await post(`${url}/sessions`, { email, password: passwordOf(email) })).status, 401)
    await ask(url, users.resendConfirmation, { body: { email } })
    await ask(url, users.confirmAddress, { body: { email, code: (await mailbox.nextCode(email)).code } })
  })

  await t.test('of many guesses at a new password none is right, and the old one stays', async () => {
    const { email, password } = anna
    await ask(url, users.askPasswordReset, { body: { email } })
    const { code } = await mailbox.nextCode(email)
    const set = (guess: string) =>
      post(`${url}/password-resets/confirm`, { email, code: guess, newPassword: 'horse battery staple' })
    const answers = [...(await Promise.all(wrongCodes(50, code).map(set))), await set(code)]
    assert.equal(kinds(answers).length, 1)
    assert.equal(answers[0]?.status, 422)
    await ask(url, sessions.signIn, { body: { email, password } })
  })

  await t.test('a code is good for what it was made for, and for nothing else', async () => {
    const { email } = boris
    await ask(url, users.askPasswordReset, { body: { email } })
    const { code } = await mailbox.nextCode(email)
    const { id } = await ask(url, rentals.rentFilm, { params: { id: 47 }, token: boris.token })
    await mailbox.nextCode(email)
    assert.equal((await post(`${url}/users/confirmations`, { email, code })).status, 422)
    assert.equal((await confirm(id, code, boris.token)).status, 422)
    const forAnna = { email: anna.email, code, newPassword: 'horse battery staple' }
    assert.equal((await post(`${url}/password-resets/confirm`, forAnna)).status, 422)
  })

  await t.test("another's key for repeats answers nothing of theirs", async () => {
    const rent = async (token: string) => {
      const sent = { params: { id: 48 }, token, idempotencyKey: 'one-key' }
      return (await ask(url, rentals.rentFilm, sent)).id
    }
    const annas = await rent(anna.token)
    assert.equal(await rent(anna.token), annas)
    assert.notEqual(await rent(boris.token), annas)
  })

  await t.test('a signed-in attacker with the names of others in headers is still only themselves', async () => {
    const headers = {
      authorization: `Bearer ${boris.token}`,
      'x-user-id': String(anna.userId),
      'x-forwarded-user': anna.email,
      cookie: `userId=${anna.userId}`,
    }
    for (const origin of [url, system.urls.users]) {
      const me = await fetch(`${origin}/users/me`, { headers })
      assert.equal(((await me.json()) as { email: string }).email, boris.email)
    }
    for (const origin of [url, system.urls.films]) {
      const list = (await (await fetch(`${origin}/rentals`, { headers })).json()) as { items: { id: number }[] }
      assert.ok(list.items.every(({ id }) => id !== anna.rentalId))
    }
  })

  const calls: Readonly<Record<string, readonly [path: string, body: (email: string) => object]>> = {
    'a sign-in': ['/sessions', (email) => ({ email, password: 'wrong horse battery' })],
    'a wrong code for an address': ['/users/confirmations', (email) => ({ email, code: '000000' })],
    'asking for a code': ['/users/confirmations/resend', (email) => ({ email })],
    'asking for a new password': ['/password-resets', (email) => ({ email })],
    'a wrong code for a new password': [
      '/password-resets/confirm',
      (email) => ({ email, code: '000000', newPassword: 'horse battery staple' }),
    ],
    'a password that may not be chosen': ['/users', (email) => ({ email, password: 'password123' })],
  }
  for (const [what, [path, body]] of Object.entries(calls)) {
    await t.test(`${what} is answered alike for known, unconfirmed and unknown addresses`, async () => {
      await ask(url, users.signUp, { body: { email: 'dora@example.org', password: passwordOf('dora') } })
      const emails = [anna.email, 'dora@example.org', 'nobody@example.org']
      const answers = await Promise.all(emails.map((email) => post(`${url}${path}`, body(email))))
      assert.equal(kinds(answers).length, 1, JSON.stringify(answers))
    })
  }

  await t.test(
    'signing up is answered alike for known and unknown addresses but for the id and the address',
    async () => {
      const emails = ['anna@example.org', 'fred@example.org', 'dora@example.org']
      const answers = await Promise.all(
        emails.map((email) => post(`${url}/users`, { email, password: 'correct horse' })),
      )
      const shapes = answers.map(({ status, headers, text }) => {
        const { id, email, ...more } = JSON.parse(text)
        return {
          status,
          headers: headers.filter(([name]) => name !== 'content-length'),
          id: typeof id,
          email: email.slice(4),
          more,
        }
      })
      assert.equal(new Set(shapes.map((shape) => JSON.stringify(shape))).size, 1)
    },
  )
})
