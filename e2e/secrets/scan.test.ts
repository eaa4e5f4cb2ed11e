/** The scan finds what it is to find, in every form, and takes nothing for a code by chance. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scan } from './scan.ts'

const password = 'первый "пароль" & correct/horse'
const passwords = { kind: 'password', values: [password] }
const codes = { kind: 'code', values: ['271828', '314159'] }
const key = {
  kind: 'key',
  values: [Buffer.from('8899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677', 'hex')],
}

const around = (text: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from('something {"before":"'), Buffer.from(text), Buffer.from('"} and after')])

const inBase64 = (value: string | Buffer, before: string): string =>
  Buffer.concat([Buffer.from(before), Buffer.from(value), Buffer.from(' and after')]).toString('base64')

const forms: Readonly<Record<string, string | Buffer>> = {
  'as it is': password,
  'as JSON': JSON.stringify(password),
  'as JSON in JSON': JSON.stringify(JSON.stringify({ password })),
  'URL-encoded': encodeURIComponent(password),
  'as a form': String(new URLSearchParams({ password })),
  'in hex': Buffer.from(password).toString('hex'),
  'in capital hex': Buffer.from(password).toString('hex').toUpperCase(),
  'in base64': Buffer.from(password).toString('base64'),
  'in base64url': Buffer.from(password).toString('base64url'),
  'within a text in base64, at 0': inBase64(password, 'abc'),
  'within a text in base64, at 1': inBase64(password, 'abcd'),
  'within a text in base64, at 2': inBase64(password, 'abcde'),
}

for (const [form, text] of Object.entries(forms)) {
  test(`a password is found ${form}`, () => {
    assert.equal(scan([{ name: 'a file', bytes: around(text) }], [passwords]).length, 1)
  })
}

test('a key is found as bytes, in hex and in base64', () => {
  const [bytes = ''] = key.values
  for (const text of [bytes, Buffer.from(bytes).toString('hex'), Buffer.from(bytes).toString('base64url')]) {
    assert.equal(scan([{ name: 'a file', bytes: around(text) }], [key]).length, 1)
  }
})

test('codes are found when they are told, and one alone is chance', () => {
  const told = (...values: string[]) => scan([{ name: 'a log', bytes: around(values.join(' ')) }], [codes])
  assert.deepEqual(told('271828', '314159'), ['code in a log, as it is'])
  assert.deepEqual(told(inBase64('271828', 'ab'), inBase64('314159', 'x')).length, 1)
  assert.deepEqual(told('1732271828'), [])
  assert.deepEqual(told('nothing'), [])
})
