/** Every error is a problem, input is checked field by field, and health is told. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { BusError } from '@vestnik/bus'
import { pino } from 'pino'
import { z } from 'zod'
import { createHttp, type Http, type PartHealth } from './http.ts'
import { Problem } from './problem.ts'

const silent = pino({ level: 'silent' })

function open(database: PartHealth = { ready: true }): Http {
  const broker = { ready: false, reason: 'nobody answers' }
  const http = createHttp({ log: silent, health: async () => ({ judged: { database }, reported: { broker } }) })
  const body = z.strictObject({ name: z.string().max(10), nested: z.strictObject({ n: z.number() }).optional() })
  http.post('/things', { schema: { body } }, async (request) => ({ name: request.body.name }))
  http.get('/teapot', async () => {
    throw new Problem(418, 'I am a teapot.', { headers: { 'x-tea': 'yes' } })
  })
  http.get('/broken', async () => {
    throw new Error('SELECT secret FROM /etc/passwd')
  })
  for (const code of ['LOCK_TIMEOUT', 'TX_TOO_SLOW'] as const) {
    http.get(`/busy/${code}`, async () => {
      throw new BusError(code, 'the file /secret/path is locked')
    })
  }
  return http
}

const post = (payload: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  open().inject({ method: 'POST', url: '/things', payload, headers })

function assertProblem(answer: { statusCode: number; headers: object; json: () => object }, status: number): void {
  assert.equal(answer.statusCode, status)
  assert.match(Reflect.get(answer.headers, 'content-type'), /^application\/problem\+json/)
  const { type, title, status: told, detail } = answer.json() as Record<string, unknown>
  assert.equal(type, 'about:blank')
  assert.equal(told, status)
  assert.ok(typeof title === 'string' && typeof detail === 'string' && detail.length > 0)
}

test('good input reaches the route', async () => {
  const answer = await post('{"name":"x"}')
  assert.equal(answer.statusCode, 200)
  assert.deepEqual(answer.json(), { name: 'x' })
  assert.equal(answer.headers['cache-control'], 'no-store')
})

const fieldCases: readonly (readonly [body: string, field: string])[] = [
  ['{}', 'name'],
  ['{"name":1}', 'name'],
  ['{"name":"01234567890"}', 'name'],
  ['{"name":"x","admin":true}', 'admin'],
  ['{"name":"x","nested":{"n":"1"}}', 'nested.n'],
  ['{"name":"x","nested":{"n":1,"m":2}}', 'nested.m'],
  ['[]', 'body'],
  ['null', 'body'],
  ['', 'body'],
  ['{"name":"x","__proto__":{}}', '__proto__'],
]

for (const [body, field] of fieldCases) {
  test(`the body ${body || '(empty)'} is answered 400 and names ${field}`, async () => {
    const answer = await post(body)
    assertProblem(answer, 400)
    assert.ok(answer.json().errors.some((error: { field: string }) => error.field === field))
  })
}

test('what cannot be read is a problem that says why', async () => {
  assertProblem(await post('{"name":'), 400)
  assertProblem(await post(`{"name":"${'x'.repeat(20_000)}"}`), 413)
  assertProblem(await post('name=x', { 'content-type': 'application/x-www-form-urlencoded' }), 415)
  assertProblem(await post('{"name":"x"}', { 'content-type': 'text/plain' }), 415)
  assertProblem(await open().inject('/nowhere'), 404)
  assertProblem(await open().inject('/%zz'), 400)
  const headers = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, '1']))
  assertProblem(await open().inject({ url: '/livez', headers }), 431)
})

test('a known path says which methods it has', async () => {
  for (const method of ['GET', 'DELETE', 'PUT', 'OPTIONS', 'TRACE'] as const) {
    const answer = await open().inject({ method, url: '/things?x=1' })
    assertProblem(answer, 405)
    assert.equal(answer.headers.allow, 'POST')
  }
  assert.equal((await open().inject({ method: 'POST', url: '/livez' })).headers.allow, 'GET, HEAD')
})

test('the source of a request is what trusted proxies say, and nobody else', async () => {
  const ask = async (trustProxy: string[], remoteAddress: string, forwarded: string) => {
    const health = async () => ({ judged: {}, reported: {} })
    const http = createHttp({ log: silent, health, trustProxy })
    http.get('/source', async (request) => request.ip)
    return (await http.inject({ url: '/source', remoteAddress, headers: { 'x-forwarded-for': forwarded } })).body
  }
  assert.equal(await ask([], '9.9.9.9', '1.1.1.1'), '9.9.9.9')
  assert.equal(await ask(['10.0.0.0/8'], '9.9.9.9', '1.1.1.1'), '9.9.9.9')
  assert.equal(await ask(['10.0.0.0/8'], '10.0.0.1', '1.1.1.1'), '1.1.1.1')
  assert.equal(await ask(['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2'), '1.1.1.1')
  assert.equal(await ask(['10.0.0.0/8'], '10.0.0.1', ''), '10.0.0.1')
})

test("a route's own problem is answered as it is, with its headers", async () => {
  const answer = await open().inject('/teapot')
  assertProblem(answer, 418)
  assert.equal(answer.headers['x-tea'], 'yes')
})

test('an unexpected error tells nothing of us', async () => {
  const broken = await open().inject('/broken')
  assertProblem(broken, 500)
  assert.doesNotMatch(broken.body, /SELECT|passwd|stack/)
  for (const code of ['LOCK_TIMEOUT', 'TX_TOO_SLOW']) {
    const busy = await open().inject(`/busy/${code}`)
    assertProblem(busy, 503)
    assert.equal(busy.headers['retry-after'], '1')
    assert.doesNotMatch(busy.body, /secret/)
  }
})

test('the database is judged, the broker is only reported', async () => {
  const ready = await open().inject('/readyz')
  assert.equal(ready.statusCode, 200)
  assert.deepEqual(ready.json(), {
    status: 'ready',
    parts: { database: { ready: true }, broker: { ready: false, reason: 'nobody answers' } },
  })
  const unready = await open({ ready: false, reason: 'locked' }).inject('/readyz')
  assert.equal(unready.statusCode, 503)
  assert.equal(unready.json().parts.database.reason, 'locked')
  assert.equal((await open().inject('/livez')).statusCode, 200)
})

test('why a part is not ready is told without the folders of the machine', async () => {
  for (const [reason, told] of [
    ['transaction on /home/anna/data/users.db: it is closed', 'transaction on users.db: it is closed'],
    ['open "/data/users.db"', 'open "users.db"'],
    ['sqlite:/data/broker.db: locked', 'sqlite:broker.db: locked'],
    ['amqp://rabbit:5672/v: no answer and/or no route', 'amqp://rabbit:5672/v: no answer and/or no route'],
  ]) {
    const answer = await open({ ready: false, reason: reason ?? '' }).inject('/readyz')
    assert.equal(answer.json().parts.database.reason, told)
  }
})

test('a path that is no text is refused as such', async () => {
  for (const url of ['/things/%ff', '/%', '/%c0%ae']) {
    const answer = await open().inject(url)
    assertProblem(answer, 400)
    assert.equal(answer.json().errors[0].field, 'path')
  }
})

test('a field that is wrong in two ways is named once', async () => {
  const answer = await post('{"name":[0,1,2,3,4,5,6,7,8,9,10]}')
  assert.deepEqual(
    answer.json().errors.map(({ field }: { field: string }) => field),
    ['name'],
  )
})

const unreadable: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['is not HTTP at all', 'nonsense\r\n\r\n', 400],
  ['asks for a tunnel', 'CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n', 405],
  ['expects what nobody can do', 'GET /livez HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\n\r\n', 417],
]

for (const [what, bytes, status] of unreadable) {
  test(`what ${what} is answered with a problem as well`, async (t) => {
    const http = open()
    t.after(() => http.close())
    const url = new URL(await http.listen({ host: '127.0.0.1', port: 0 }))
    const socket = connect(Number(url.port), '127.0.0.1')
    socket.end(bytes)
    const text = (await socket.toArray()).join('')
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.match(text, /content-type: application\/problem\+json/)
    assert.equal(JSON.parse(text.split('\r\n\r\n')[1] ?? '').status, status)
  })
}

const impatient: readonly (readonly [what: string, event: string, bytes: string, status: string])[] = [
  ['a tunnel', 'connect', 'CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n', '405'],
  ['wonders', 'checkExpectation', 'GET /livez HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\n\r\n', '417'],
]

for (const [what, event, bytes, status] of impatient) {
  test(`the refusal of ${what} does not overtake an earlier answer`, async (t) => {
    const http = open()
    const answer = Promise.withResolvers<object>()
    http.get('/slow', () => answer.promise)
    t.after(() => http.close())
    const url = new URL(await http.listen({ host: '127.0.0.1', port: 0 }))
    const refused = once(http.server, event)
    const socket = connect(Number(url.port), '127.0.0.1')
    socket.write(`GET /slow HTTP/1.1\r\nhost: x\r\n\r\n${bytes}`)
    await refused
    answer.resolve({})
    const text = (await socket.toArray()).join('')
    assert.deepEqual(text.match(/(?<=HTTP\/1\.1 )\d+/g), ['200', status])
  })
}

test('who asks for a tunnel and breaks the connection harms nobody', async (t) => {
  const http = open()
  t.after(() => http.close())
  const url = new URL(await http.listen({ host: '127.0.0.1', port: 0 }))
  const closed = new Promise((resolve) => http.server.once('connection', (socket) => socket.once('close', resolve)))
  const socket = connect({ port: Number(url.port), host: '127.0.0.1', allowHalfOpen: true })
  socket.write('CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(socket, 'data')
  socket.resetAndDestroy()
  await closed
  assert.equal((await fetch(new URL('/livez', url))).status, 200)
})
