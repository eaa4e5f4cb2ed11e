/** Which passwords may be chosen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commonPasswords } from './common-passwords.ts'
import { canonicalPassword, refusePassword } from './password.ts'

const email = 'anna.petrova@example.org'

for (const password of [
  'correct horse',
  'a-b-c-d!',
  'ünïcödé',
  'длинная фраза',
  '🦊🦊🐢🐢🐢🐢🐙🐙',
  'x1'.repeat(31).concat('yz'),
  ' 8 spaces',
]) {
  const may = [...password].length >= 8
  test(`${password} may ${may ? '' : 'not '}be chosen`, () =>
    assert.equal(refusePassword(password, email, commonPasswords) === undefined, may))
}

const refused = [
  'short',
  '1234567',
  'password',
  'PassWord',
  'qwertyuiop',
  'aaaaaaaaaaaa',
  'abababab',
  email,
  'Anna.Petrova',
  'asdasdasd',
  'Baseball',
  'ｐａｓｓｗｏｒｄ１２３',
  '𝐛𝐚𝐬𝐞𝐛𝐚𝐥𝐥',
  'e\u0301'.repeat(3).concat('ab'),
  '\ufdfa',
]

for (const password of [...refused, 'x'.repeat(257), '\ud800aaaabcdef']) {
  test(`${JSON.stringify(password.slice(0, 20))} may not be chosen`, () =>
    assert.equal(typeof refusePassword(password, email, commonPasswords), 'string'))
}

test('two ways to type one text are one password', () => {
  assert.equal(canonicalPassword('caf\u00e9'), canonicalPassword('cafe\u0301'))
})

test('the list of common passwords is long, and has only ones that might be chosen, in lower case', () => {
  assert.ok(commonPasswords.size > 10_000)
  for (const common of commonPasswords) {
    assert.equal(common, common.toLowerCase())
    assert.ok([...common].length >= 8, common)
  }
})
