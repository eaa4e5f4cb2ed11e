/** A request of the page, and the command that sends the same. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { curlOf, requestOf } from './request.js'

type Call = Parameters<typeof requestOf>[0]
type Place = Call['parameters'][number]['in']

function call(method: string, path: string, places: Readonly<Record<string, Place>> = {}, needsToken = false): Call {
  const parameters = Object.entries(places).map(([name, place]) => ({ name, in: place, required: false, schema: {} }))
  const rest = { id: 'x', summary: '', description: '', example: undefined, answers: [] }
  return { method, path, parameters, needsToken, ...rest }
}

const values = (all: Record<string, string>) => new Map(Object.entries(all))

test('parameters stand where they belong, and empty ones nowhere', () => {
  const one = call('POST', '/films/{id}/rentals', { id: 'path', page: 'query', 'Idempotency-Key': 'header' }, true)
  const given = values({ id: '3', page: '2', 'Idempotency-Key': 'k' })
  assert.deepEqual(requestOf(one, given, undefined, 'token'), {
    method: 'POST',
    path: '/films/3/rentals?page=2',
    headers: { 'idempotency-key': 'k', authorization: 'Bearer token' },
    body: undefined,
  })
  assert.deepEqual(requestOf(one, values({ id: '3' }), undefined, ''), {
    method: 'POST',
    path: '/films/3/rentals',
    headers: {},
    body: undefined,
  })
})

test('a token goes nowhere but where it is needed', () => {
  assert.deepEqual(requestOf(call('GET', '/films'), values({}), undefined, 'token').headers, {})
})

test('what is typed into a path stays one part of it', () => {
  const { path } = requestOf(call('GET', '/films/{id}', { id: 'path' }), values({ id: '../a b?c#d' }), undefined, '')
  assert.equal(path, '/films/..%2Fa%20b%3Fc%23d')
})

const bodies = [
  `{"email":"o'hara@example.com"}`,
  `{"a":"$HOME \`id\` \\\\ \\" !"}`,
  `not json '; id; '`,
  '{"имя":"Анна"}',
]

for (const body of bodies) {
  test(`the command for ${body} says just that to a shell`, () => {
    const request = requestOf(call('POST', '/users'), values({}), body, '')
    const command = curlOf(request, 'http://127.0.0.1:3000')
    const words = execFileSync('sh', ['-c', command.replace(/^curl/, "printf '%s\\n'")], { encoding: 'utf8' })
    assert.deepEqual(words.trimEnd().split('\n'), [
      'http://127.0.0.1:3000/users',
      '-H',
      'content-type: application/json',
      '-d',
      body,
    ])
  })
}

test('a method that curl would not choose by itself is named', () => {
  const command = (method: string) => curlOf(requestOf(call(method, '/x'), values({}), undefined, ''), 'http://h')
  assert.equal(command('GET'), 'curl http://h/x')
  assert.equal(command('DELETE'), 'curl http://h/x \\\n  -X DELETE')
  assert.equal(command('POST'), 'curl http://h/x \\\n  -X POST')
})
