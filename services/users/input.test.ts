/** Input that is refused, with the field that is at fault; each case is another rule. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anna, open } from './app.fixture.ts'

const { email, password } = anna
const code = '123456'
const reset = { email, code, newPassword: 'another horse' }
const token = 'A'.repeat(43)

const bad: readonly (readonly [url: string, body: object, field: string])[] = [
  ['/users', { password }, 'email'],
  ['/users', { ...anna, email: 'not an address' }, 'email'],
  ['/users', { ...anna, email: 'anna@example.org\r\nBcc: all@example.org' }, 'email'],
  ['/users', { ...anna, email: [email] }, 'email'],
  ['/users', { ...anna, password: 'short' }, 'password'],
  ['/users', { ...anna, password: 'password123' }, 'password'],
  ['/users', { ...anna, password: email }, 'password'],
  ['/users', { ...anna, password: 'x'.repeat(1025) }, 'password'],
  ['/users', { ...anna, password: { $ne: '' } }, 'password'],
  ['/users', { ...anna, name: '' }, 'name'],
  ['/users', { ...anna, name: 'a\u0000b' }, 'name'],
  ['/users', { ...anna, name: 'x'.repeat(101) }, 'name'],
  ['/users', { ...anna, id: 5 }, 'id'],
  ['/users', { ...anna, emailConfirmed: true }, 'emailConfirmed'],
  ['/sessions', { email }, 'password'],
  ['/sessions', { ...anna, password: 12345678 }, 'password'],
  ['/sessions', { ...anna, admin: true }, 'admin'],
  ['/sessions/refresh', {}, 'refreshToken'],
  ['/sessions/refresh', { refreshToken: `${token}A` }, 'refreshToken'],
  ['/sessions/refresh', { refreshToken: `${token.slice(1)}+` }, 'refreshToken'],
  ['/sessions/refresh', { refreshToken: token, userId: 1 }, 'userId'],
  ['/users/confirmations', { email }, 'code'],
  ['/users/confirmations', { email, code: 123456 }, 'code'],
  ['/users/confirmations', { email, code: '12345' }, 'code'],
  ['/users/confirmations', { email, code: '123456\n' }, 'code'],
  ['/users/confirmations', { email, code: '１２３４５６' }, 'code'],
  ['/users/confirmations', { email, code: ['123456', '123457'] }, 'code'],
  ['/users/confirmations', { email, code, tries: 0 }, 'tries'],
  ['/users/confirmations', { email: [email, 'eve@example.org'], code }, 'email'],
  ['/users/confirmations/resend', { email: 'anna@example.org,eve@example.org' }, 'email'],
  ['/users/confirmations/resend', { email, to: 'eve@example.org' }, 'to'],
  ['/password-resets', { email: 'Anna <anna@example.org>' }, 'email'],
  ['/password-resets', { email, host: 'evil.example' }, 'host'],
  ['/password-resets/confirm', { ...reset, newPassword: 'short' }, 'newPassword'],
  ['/password-resets/confirm', { ...reset, newPassword: 'password123' }, 'newPassword'],
  ['/password-resets/confirm', { ...reset, code: '' }, 'code'],
  ['/password-resets/confirm', { ...reset, userId: 2 }, 'userId'],
]

for (const [url, body, field] of bad) {
  test(`POST ${url} ${JSON.stringify(body).slice(0, 80)} is answered 400 and names ${field}`, async (t) => {
    const { post, messages } = await open(t)
    const answer = await post(url, body)
    assert.equal(answer.status, 400)
    assert.deepEqual(
      (answer.body.errors as readonly { field: string }[]).map((error) => error.field),
      [field],
    )
    assert.doesNotMatch(answer.text, /correct horse/)
    assert.deepEqual(await messages(), [])
  })
}
