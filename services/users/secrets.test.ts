/** What must never be found: passwords, codes and tokens, in no table, no log line and no message. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '@vestnik/bus'
import { tablesIn } from '../../tools/databases/test-store.ts'
import { anna, open, otherCode, type System } from './app.fixture.ts'

const { email, password } = anna
const newPassword = 'another horse'

/** Everything that an account may see in its life, with each secret that it has on the way. */
async function live(system: System, codes: readonly string[]): Promise<readonly string[]> {
  const { post, request, signIn } = system
  const confirm = async (url: string, more: object = {}) => {
    const code = codes.at(-1) ?? ''
    assert.equal((await post(url, { email, code: otherCode(code), ...more })).status, 422)
    assert.equal((await post(url, { email, code, ...more })).status, 204)
  }
  await post('/users', anna)
  await confirm('/users/confirmations')
  const first = await signIn()
  await post('/sessions', { ...anna, password: 'wrong password' })
  const renewed = (await post('/sessions/refresh', { refreshToken: first.refreshToken })).body
  await post('/sessions/refresh', { refreshToken: first.refreshToken })
  await request('GET', '/users/me', { token: first.accessToken })
  await post('/password-resets', { email })
  await confirm('/password-resets/confirm', { newPassword })
  const second = await signIn({ email, password: newPassword })
  await post('/users', { email: 'boris@example.org', password: 'a third horse' })
  // Asked for, and never used: it stands in the database.
  await post('/password-resets', { email })
  const tokens = [first, second, renewed].flatMap((one) => [String(one.accessToken), String(one.refreshToken)])
  return [password, 'wrong password', newPassword, 'a third horse', ...tokens, ...codes]
}

const textOf = (rows: readonly Row[]): string =>
  rows
    .flatMap((row) => Object.values(row))
    .map((value) => Buffer.from(value instanceof Uint8Array ? value : String(value)).toString('latin1'))
    .join('\n')

test('no password, code or token is found in a table, a log line or a message', async (t) => {
  const codes: string[] = []
  const seal = async (digits: string) => {
    codes.push(digits)
    // Sealed in form, and nothing of the digits in it.
    return `${'sealed'.repeat(3)}....`
  }
  const system = await open(t, { seal })
  const secrets = await live(system, codes)
  const places: [string, string][] = [
    ['the log', system.logged.join('\n')],
    ['messages', JSON.stringify(await system.messages())],
  ]
  for (const name of await tablesIn(system.store)) places.push([name, textOf(await system.rows(name))])
  assert.ok(codes.length >= 4)
  assert.ok(places.some(([, text]) => text.includes(email)))
  for (const [place, text] of places) {
    for (const secret of secrets) {
      // Six digits alone may be found in a time or an id by chance: a code stands by itself.
      const found = /^[0-9]{6}$/.test(secret)
        ? new RegExp(`(?<![0-9])${secret}(?![0-9])`).test(text)
        : text.includes(secret)
      assert.ok(!found, `${place} has ${secret}`)
    }
  }
})

test('no answer repeats a password or a code', async (t) => {
  const { post } = await open(t)
  const bad = [
    ['/users', { ...anna, name: 5 }],
    ['/users', { ...anna, password: 'password123' }],
    ['/users', { ...anna, more: 1 }],
    ['/sessions', anna],
    ['/sessions/refresh', { refreshToken: 'correct horse' }],
    ['/users/confirmations', { email, code: '7319462' }],
    ['/password-resets/confirm', { email, code: '731946', newPassword: 'short!!' }],
  ] as const
  for (const [url, body] of bad) {
    assert.doesNotMatch((await post(url, body)).text, /correct horse|password123|731946|short!!/)
  }
})
