/** Which texts are one e-mail address. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseEmail } from './email.ts'

test('an address is kept in lower case', () => {
  assert.equal(normaliseEmail('Anna.Petrova+films@Example.ORG'), 'anna.petrova+films@example.org')
})

const domain = `${'a.'.repeat(120)}example.org`
const refused = [
  '',
  'anna',
  '@example.org',
  'anna@',
  'anna@example',
  'anna@@example.org',
  'anna@example.org ',
  ' anna@example.org',
  'anna@example.org\n',
  'anna@example.org\r\nBcc: all@example.org',
  'anna@example.org,boris@example.org',
  'Anna <anna@example.org>',
  '"anna"@example.org',
  'anna@[127.0.0.1]',
  'anna@127.0.0.1',
  'an..na@example.org',
  '.anna@example.org',
  'anna.@example.org',
  'anna@-example.org',
  'anna@example-.org',
  'anna@example..org',
  'anna\0@example.org',
  'анна@example.org',
  'anna@пример.рф',
  'anna@ban\u212a.example',
  '\u212aate@example.org',
  `${'a'.repeat(65)}@example.org`,
  `anna@${domain}${'a'.repeat(20)}`,
]

for (const found of refused) {
  test(`${JSON.stringify(found.slice(0, 60))} is not an address`, () => assert.equal(normaliseEmail(found), undefined))
}
