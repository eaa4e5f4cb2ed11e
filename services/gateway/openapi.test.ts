/** The OpenAPI document: valid, complete, and of the schemas that validate. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { calls } from '@vestnik/api'
import { Problem } from '@vestnik/service'
import { openGateway } from './gateway.fixture.ts'
import { document } from './openapi.ts'

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(document)))
  assert.equal(valid, true, JSON.stringify(errors))
  assert.equal(validator.version, '3.1')
})

test('it is served as it stands', async (t) => {
  const answer = await (await openGateway(t)).http.inject('/openapi.json')
  assert.equal(answer.statusCode, 200)
  assert.match(String(answer.headers['content-type']), /^application\/json/)
  assert.deepEqual(answer.json(), document)
})

test('every call of every service is in it once, under a name of its own', () => {
  const all = Object.values(calls).flat()
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )
  const asCalls = operations.map(
    ({ path, method }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
  )
  assert.deepEqual(asCalls.sort(), all.map(({ method, path }) => `${method} ${path}`).sort())
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, all.length)
  for (const { summary, responses } of operations) {
    assert.ok(summary.length > 0)
    for (const status of ['400', '429', '503', 'default']) assert.ok(status in responses)
  }
})

test('what needs a token says so, and what takes a body says which', () => {
  const rent = document.paths['/films/{id}/rentals']?.post
  assert.deepEqual(rent?.security, [{ accessToken: [] }])
  assert.deepEqual(
    rent?.parameters.map(({ name, in: place, required }) => [name, place, required]),
    [
      ['id', 'path', true],
      ['Idempotency-Key', 'header', false],
    ],
  )
  const signIn = document.paths['/sessions']?.post
  assert.deepEqual(signIn?.security, [])
  const { schema, example } = signIn?.requestBody?.content['application/json'] ?? {}
  assert.deepEqual(schema?.required, ['email', 'password'])
  assert.deepEqual(example, { email: 'anna@example.com', password: 'correct horse battery staple' })
})

test('parameters of a list are whole numbers with their bounds and defaults', () => {
  const parameters = document.paths['/films']?.get?.parameters ?? []
  const { schema } = parameters.find(({ name }) => name === 'pageSize') ?? {}
  assert.deepEqual(schema, { type: 'integer', minimum: 1, maximum: 100, default: 20 })
})

test('every example of a body passes the schema that validates it', () => {
  for (const call of Object.values(calls).flat()) {
    const operation = document.paths[call.path.replaceAll(/:(\w+)/g, '{$1}')]?.[call.method.toLowerCase()]
    const example = operation?.requestBody?.content['application/json']?.example
    if (call.body === undefined) continue
    assert.ok(call.body.safeParse(example).success, call.path)
  }
})

test('a problem of ours fits the shared schema', () => {
  const { required = [], properties = {} } = document.components.schemas.Problem ?? {}
  const body = new Problem(400, 'x', { errors: [{ field: 'a', reason: 'b' }] }).body()
  assert.deepEqual(Object.keys(body).sort(), Object.keys(properties).sort())
  assert.deepEqual([...required].sort(), ['detail', 'status', 'title', 'type'])
})
