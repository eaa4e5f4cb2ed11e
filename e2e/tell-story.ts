/** The whole story of one person, over HTTP and mail, each answer checked against what its call says. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { films, logins, rentals, sessions, users } from '@vestnik/api'
import { ask } from '../tools/client/ask.ts'
import type { Backend } from '../tools/client/person.ts'
import { until } from './until.ts'

/** What nobody else may get to see. */
export interface StorySecrets {
  readonly passwords: readonly string[]
  readonly tokens: readonly string[]
  readonly codes: { readonly confirm: string; readonly rent: string; readonly reset: string }
}

/** Signs up, rents, signs out, and sets a new password. */
export async function tellStory(backend: Backend, email: string): Promise<StorySecrets> {
  const first = `первый "пароль" & correct horse ${email}`
  const second = `второй 'пароль' % battery staple ${email}`
  const confirm = await signUp(backend, email, first)
  const signedIn = await signIn(backend, email, first)
  const rent = await rentOne(backend, email, signedIn.accessToken)
  const refreshed = await refreshAndSignOut(backend, signedIn.refreshToken)
  const reset = await resetPassword(backend, email, first, second)
  const again = await ask(backend.url, sessions.signIn, { body: { email, password: second } })
  await assertLogins(backend, again.accessToken, 2)
  const tokens = [signedIn, refreshed, again].flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken])
  return { passwords: [first, second], tokens, codes: { confirm, rent, reset } }
}

async function signUp({ url, mailbox }: Backend, email: string, password: string): Promise<string> {
  const account = await ask(url, users.signUp, { body: { email, password, name: 'Анна' } })
  assert.deepEqual(account, { id: account.id, email, name: 'Анна', emailConfirmed: false })
  const unconfirmed = ask(url, sessions.signIn, { body: { email, password } })
  await assert.rejects(unconfirmed, { status: 401 }, 'signing in needs a confirmed address')
  const { code, subject, text } = await mailbox.nextCode(email)
  assert.equal(subject, 'Ваш одноразовый код')
  assert.equal(text.trim(), `Ваш код: ${code}`)
  await assert.rejects(ask(url, users.confirmAddress, { body: { email, code: otherCode(code) } }), { status: 422 })
  await ask(url, users.confirmAddress, { body: { email, code } })
  await assert.rejects(ask(url, users.confirmAddress, { body: { email, code } }), { status: 422 }, 'a code works once')
  return code
}

async function signIn({ url }: Backend, email: string, password: string) {
  const signedIn = await ask(url, sessions.signIn, { body: { email, password } })
  const { accessToken: token } = signedIn
  const account = await ask(url, users.ownAccount, { token })
  assert.deepEqual([account.email, account.emailConfirmed], [email, true])
  await assertLogins({ url }, token, 1)
  return signedIn
}

async function assertLogins({ url }: Pick<Backend, 'url'>, token: string, count: number): Promise<void> {
  let total = 0
  const all = async () => {
    total = (await ask(url, logins.listLogins, { token })).total
    return total >= count
  }
  await until(`${count} sign-ins are listed`, all)
  assert.equal(total, count)
}

async function rentOne({ url, mailbox }: Backend, email: string, token: string): Promise<string> {
  const { items, total } = await ask(url, films.listFilms, { query: { query: 'СОЛЯРИС' } })
  assert.ok(total >= 1)
  const [film] = items
  assert.ok(film)
  assert.deepEqual(await ask(url, films.oneFilm, { params: { id: film.id } }), film)

  const params = { id: film.id }
  const idempotencyKey = randomUUID()
  const asked = await ask(url, rentals.rentFilm, { params, token, idempotencyKey })
  const repeated = await ask(url, rentals.rentFilm, { params, token, idempotencyKey })
  assert.equal(repeated.id, asked.id, 'the same request makes one rental')
  const { code } = await mailbox.nextCode(email)
  const confirm = (code: string) => ask(url, rentals.confirmRental, { params: { id: asked.id }, body: { code }, token })
  await assert.rejects(confirm(otherCode(code)), { status: 422 })
  const active = await confirm(code)
  assert.deepEqual([active.id, active.filmId], [asked.id, film.id])
  assert.ok(Date.parse(active.until) > Date.now())
  assert.deepEqual((await ask(url, rentals.listRentals, { token })).items, [active])
  return code
}

async function refreshAndSignOut({ url }: Backend, refreshToken: string) {
  const refreshed = await ask(url, sessions.refreshSession, { body: { refreshToken } })
  assert.notEqual(refreshed.refreshToken, refreshToken)
  await ask(url, sessions.signOut, { token: refreshed.accessToken })
  const late = ask(url, sessions.refreshSession, { body: { refreshToken: refreshed.refreshToken } })
  await assert.rejects(late, { status: 401 }, 'whoever signed out is not signed in again')
  return refreshed
}

async function resetPassword({ url, mailbox }: Backend, email: string, old: string, fresh: string): Promise<string> {
  await ask(url, users.askPasswordReset, { body: { email } })
  const { code } = await mailbox.nextCode(email)
  const confirm = (code: string) => ask(url, users.confirmPasswordReset, { body: { email, code, newPassword: fresh } })
  await assert.rejects(confirm(otherCode(code)), { status: 422 })
  await confirm(code)
  await assert.rejects(ask(url, sessions.signIn, { body: { email, password: old } }), { status: 401 })
  const isNotice = (mail: { to: string; subject: string }) =>
    mail.to === email && mail.subject !== 'Ваш одноразовый код'
  await until('the owner is told', async () => (await mailbox.all()).some(isNotice))
  return code
}

const otherCode = (code: string): string => (code === '000000' ? '000001' : '000000')
