/** A new body is read as it was meant, and never with masks in it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode, type MessageDetail } from '@vestnik/bus'
import { readEdit } from './edited-body.ts'

function letter(body: string, ...secret: readonly string[]): MessageDetail {
  return { pos: 1, body: new TextEncoder().encode(body), secret } as unknown as MessageDetail
}

const edit = (was: string, is: string, ...secret: readonly string[]) => {
  const { body, changes } = readEdit(letter(was, ...secret), is)
  return { body: new TextDecoder().decode(body), changes }
}

test('what changed is said field by field, and the body is stored without spaces', () => {
  assert.deepEqual(
    edit('{"a":1,"b":{"c":"x","d":[]},"e":true}', '{\n  "a": "1", "b": {"c": "x", "d": []}, "f": [2]\n}\n'),
    {
      body: '{"a":"1","b":{"c":"x","d":[]},"f":[2]}',
      changes: ['~ a  1 → "1"', '- e  true', '+ f.0  2'],
    },
  )
})

test('a body that says the same has no changes', () => {
  assert.deepEqual(edit('{"a":1}', ' { "a" : 1 } ').changes, [])
})

test('secret fields are masked in what is said, not in what is stored', () => {
  assert.deepEqual(edit('{"code":"1","user":{"pin":1}}', '{"code":"2","user":{"pin":2,"x":3}}', 'code', 'user'), {
    body: '{"code":"2","user":{"pin":2,"x":3}}',
    changes: ['~ code  "•••" → "•••"', '~ user.pin  "•••" → "•••"', '+ user.x  "•••"'],
  })
})

test('a mask that is left in the body is refused, wherever it stands now', () => {
  for (const text of ['{"code":"•••"}', '{"code":"1","other":{"code":"•••"}}', '"•••"']) {
    assert.throws(
      () => edit('{"code":"1"}', text, 'code'),
      (error) => hasCode(error, 'INVALID_EDIT'),
    )
  }
})

test('a body that had the sign for a mask of its own may keep it', () => {
  assert.equal(edit('{"a":"•••","b":1}', '{"a":"•••","b":2}').body, '{"a":"•••","b":2}')
})

test('what is not JSON is refused, with the reason', () => {
  assert.throws(
    () => edit('{}', '{"a":'),
    (error) => hasCode(error, 'INVALID_EDIT') && /JSON/.test(error.message),
  )
})

test('a number that is too long for a program stays exact', () => {
  assert.equal(
    edit('{"id":12345678901234567890,"a":1}', '{"id":12345678901234567890,"a":2}').body,
    '{"id":12345678901234567890,"a":2}',
  )
  assert.deepEqual(edit('{"id":12345678901234567890}', '{"id":12345678901234567891}').changes, [
    '~ id  12345678901234567890 → 12345678901234567891',
  ])
})

test('everything is new where the old body was not JSON', () => {
  assert.deepEqual(edit('not json', '{"a":1}').changes, ['+ a  1'])
})
