/** Which requests reach the services behind the gateway, and as what. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calls } from '@vestnik/api'
import { Problem } from '@vestnik/service'
import { openGateway, playService } from './gateway.fixture.ts'

const caller = { authorization: 'user 5' }

test('requests reach a service as they came, with named headers only', async (t) => {
  const users = await playService(t, (_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json', 'x-internal': 'secret' }).end('{"id":1}')
  })
  const { http } = await openGateway(t, { usersUrl: users.url })
  const answer = await http.inject({
    method: 'POST',
    url: '/users?x=%20y',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      authorization: 'user 5',
      cookie: 'a=b',
      'x-user-id': '5',
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=1.2.3.4',
      'idempotency-key': 'k',
      'content-encoding': 'gzip',
      'x-http-method-override': 'DELETE',
    },
    payload: '{"email" : "a"}',
  })
  assert.equal(answer.statusCode, 201)
  assert.equal(answer.body, '{"id":1}')
  assert.equal(answer.headers['x-internal'], undefined)
  const [seen] = users.seen
  assert.deepEqual([seen?.method, seen?.url, seen?.body], ['POST', '/users?x=%20y', '{"email" : "a"}'])
  assert.deepEqual(seen?.headers, {
    host: new URL(users.url).host,
    connection: 'keep-alive',
    'content-length': '15',
    'content-type': 'application/json; charset=utf-8',
    'x-forwarded-for': '127.0.0.1',
  })
})

for (const call of [...calls.users, ...calls.films]) {
  const service = calls.users.includes(call) ? 'usersUrl' : 'filmsUrl'
  const url = call.path.replace(':id', '7')

  test(`${call.method} ${call.path} reaches its service, with the token where it needs one`, async (t) => {
    const played = await playService(t)
    const { http } = await openGateway(t, { [service]: played.url })
    const payload = call.method === 'POST' ? { payload: {} } : {}
    const headers = { ...caller, 'idempotency-key': 'key-1' }
    const answer = await http.inject({ method: call.method, url, headers, ...payload })
    assert.equal(answer.statusCode, 200)
    assert.equal(played.seen.length, 1)
    const [seen] = played.seen
    assert.deepEqual([seen?.method, seen?.url], [call.method, url])
    assert.equal(seen?.headers.authorization, call.caller === 'user' ? 'user 5' : undefined)
    assert.equal(seen?.headers['idempotency-key'], call.idempotent ? 'key-1' : undefined)
  })

  if (call.caller === 'user') {
    test(`${call.method} ${call.path} without a token ends at the gateway`, async (t) => {
      const played = await playService(t)
      const { http } = await openGateway(t, { [service]: played.url })
      const answer = await http.inject({ method: call.method, url, headers: { 'x-user-id': '1' } })
      assert.equal(answer.statusCode, 401)
      assert.equal(answer.headers['www-authenticate'], 'Bearer')
      assert.equal(played.seen.length, 0)
    })
  }
}

test("a service's problems are answered as they are", async (t) => {
  const problem = new Problem(429, 'Too many.').body()
  const users = await playService(t, (_request, response) => {
    const headers = { 'content-type': 'application/problem+json', 'retry-after': '7', 'cache-control': 'no-store' }
    response.writeHead(429, headers).end(JSON.stringify(problem))
  })
  const { http } = await openGateway(t, { usersUrl: users.url })
  const answer = await http.inject({ method: 'POST', url: '/sessions', payload: {} })
  assert.equal(answer.statusCode, 429)
  assert.equal(answer.headers['content-type'], 'application/problem+json')
  assert.equal(answer.headers['retry-after'], '7')
  assert.deepEqual(answer.json(), problem)
})

test('an answer without a body stays without one', async (t) => {
  const users = await playService(t, (_request, response) => void response.writeHead(204).end())
  const { http } = await openGateway(t, { usersUrl: users.url })
  const answer = await http.inject({ method: 'DELETE', url: '/sessions/current', headers: caller })
  assert.equal(answer.statusCode, 204)
  assert.equal(answer.body, '')
  assert.equal(answer.headers['content-type'], undefined)
})

test('HEAD is answered like GET, without the body', async (t) => {
  const films = await playService(t)
  const { http } = await openGateway(t, { filmsUrl: films.url })
  const answer = await http.inject({ method: 'HEAD', url: '/films' })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['content-length'], '2')
  assert.equal(answer.body, '')
})

test('a known path says which methods it has', async (t) => {
  const { http } = await openGateway(t)
  for (const [url, allow] of [
    ['/sessions', 'POST'],
    ['/users/me', 'GET, HEAD'],
    ['/films/7/rentals?x=1', 'POST'],
    ['/sessions/current', 'DELETE'],
  ]) {
    const answer = await http.inject({ method: 'PATCH', url: String(url) })
    assert.equal(answer.statusCode, 405)
    assert.equal(answer.headers.allow, allow)
  }
})

for (const url of [
  '/films/0',
  '/films/x',
  '/films/-1',
  '/films/1.5',
  '/films/1e3',
  '/films/9999999999999999',
  '/films/%00',
]) {
  test(`${url} is answered 400 and names the id, and ends at the gateway`, async (t) => {
    const films = await playService(t)
    const answer = await (await openGateway(t, { filmsUrl: films.url })).http.inject(url)
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().errors[0].field, 'id')
    assert.equal(films.seen.length, 0)
  })
}

test('what is no JSON of a decent size ends at the gateway', async (t) => {
  const users = await playService(t)
  const { http } = await openGateway(t, { usersUrl: users.url })
  const deep = `${'['.repeat(40)}${']'.repeat(40)}`
  const bodies: readonly (readonly [number, string | Buffer, string?])[] = [
    [413, JSON.stringify({ email: 'x'.repeat(20_000) })],
    [415, 'x', 'text/plain'],
    [415, 'email=x', 'application/x-www-form-urlencoded'],
    [415, '{}', 'application/json-patch+json'],
    [415, '{}', 'text/json'],
    [400, '{"email":'],
    [400, '{"__proto__":{"admin":true}}'],
    [400, '{"a":{"__proto__":1}}'],
    [400, deep],
    [400, `[${'0,'.repeat(2000)}0]`],
    [400, Buffer.from('{"email":"\xff\xfe"}', 'latin1')],
    [400, Buffer.from('\uFEFF{"email":"a"', 'utf16le')],
    [400, '{"email":NaN}'],
    [400, "{'email':1}"],
  ]
  for (const [status, payload, type = 'application/json'] of bodies) {
    const answer = await http.inject({ method: 'POST', url: '/users', payload, headers: { 'content-type': type } })
    assert.equal(answer.statusCode, status, String(payload).slice(0, 60))
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  }
  assert.equal(users.seen.length, 0)
})
