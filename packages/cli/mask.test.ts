/** Secret fields are masked wherever they stand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExact } from './exact-json.ts'
import { showBody } from './mask.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function shown(json: string, ...secret: readonly string[]): string {
  const body = showBody(bytes(json), secret)
  return body.kind === 'json' ? JSON.stringify(body.value) : body.kind
}

test('a secret field is masked, whatever its value is', () => {
  assert.equal(shown('{"email":"a@b","code":"123456"}', 'code'), '{"email":"a@b","code":"•••"}')
  assert.equal(shown('{"code":{"digits":[1,2]}}', 'code'), '{"code":"•••"}')
  assert.equal(shown('{"code":null}', 'code'), '{"code":"•••"}')
})

test('a path leads into objects, and into every element of arrays', () => {
  assert.equal(shown('{"user":{"password":"x","name":"y"}}', 'user.password'), '{"user":{"password":"•••","name":"y"}}')
  assert.equal(shown('{"users":[{"pin":1},{"pin":2},{}]}', 'users.pin'), '{"users":[{"pin":"•••"},{"pin":"•••"},{}]}')
  assert.equal(shown('[{"pin":1}]', 'pin'), '[{"pin":"•••"}]')
  assert.equal(shown('{"users":[1,2]}', 'users.1'), '{"users":[1,"•••"]}')
})

test('a name with dots of its own is found', () => {
  assert.equal(shown('{"user.password":"x"}', 'user.password'), '{"user.password":"•••"}')
})

test('a path that leads nowhere masks nothing', () => {
  assert.equal(shown('{"code":"1"}', 'pin', 'code.digits', 'toString'), '{"code":"1"}')
  assert.equal(shown('7', 'code'), '7')
})

test('a field named __proto__ is a field', () => {
  assert.equal(shown('{"__proto__":{"code":"1"}}', '__proto__.code'), '{"__proto__":{"code":"•••"}}')
})

test('a body that is not JSON is hidden where it may hold a secret, and shown where not', () => {
  assert.deepEqual(showBody(bytes('code=1'), ['code']), { kind: 'hidden', bytes: 6 })
  assert.deepEqual(showBody(bytes('code=1'), []), { kind: 'text', text: 'code=1' })
  assert.deepEqual(showBody(Uint8Array.of(1, 255), []), { kind: 'bytes', hex: '01ff', more: 0 })
  assert.deepEqual(showBody(Uint8Array.of(1, 255), ['code']), { kind: 'hidden', bytes: 2 })
})

test('a number keeps every digit', () => {
  const json = '{"id":12345678901234567890,"rate":1.10,"small":1e-7,"plain":5}'
  assert.equal(shown(json), json)
  assert.equal(JSON.stringify(parseExact('[9007199254740993]')), '[9007199254740993]')
})
