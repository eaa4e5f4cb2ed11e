/** The gateway over HTTP, on a store and a broker in memory, before a users service that is played here. */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { test } from 'node:test'
import { openBus } from '@vestnik/bus'
import { userLoggedIn } from '@vestnik/contracts'
import { healthOf, migrate, openPrinter, Problem, unauthorized } from '@vestnik/service'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { memoryTransport } from '@vestnik/testing'
import { pino } from 'pino'
import { createApp, createHandlers } from './app.ts'
import { migrations } from './store/migrations.ts'
import { createUpstream } from './upstream.ts'

const log = pino({ level: 'silent' })

/** A token is `user <id>` here. */
async function verify(authorization: string | undefined) {
  const userId = Number(/^user (\d+)$/.exec(authorization ?? '')?.[1])
  if (!userId) throw unauthorized()
  return { userId, sessionId: 's' }
}

type Context = { after(work: () => Promise<void>): void }

async function open(t: Context, usersUrl: string = 'http://127.0.0.1:1') {
  const store = await openSqliteStore(':memory:')
  await migrate(store, 'gateway', migrations)
  const printed: string[] = []
  const write = async (text: string) => void printed.push(text)
  const printer = await openPrinter(store, { write, onError: (error) => assert.fail(String(error)) })
  const transport = memoryTransport()
  const handlers = createHandlers(printer)
  const bus = await openBus({
    service: 'gateway',
    store,
    transport,
    handlers,
    publishes: [userLoggedIn],
    log: () => {},
  })
  const users = createUpstream(usersUrl)
  const http = createApp({ store, verify, users }, { log, health: healthOf(store, transport) })
  t.after(async () => {
    await http.close()
    users.close()
    await bus.close()
    await printer.close()
    await transport.close()
    await store.close()
  })
  const signIn = (userId: number, timestamp: string) =>
    store.transaction((tx) => bus.publish(tx, userLoggedIn, { userId, timestamp }))
  const logins = (query = '', userId = 1) =>
    http.inject({ url: `/logins${query}`, headers: { authorization: `user ${userId}` } })
  return { http, store, bus, printer, printed, signIn, logins, transport }
}

async function playUsers(t: Context, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

const bodyOf = async (request: IncomingMessage): Promise<string> => (await request.toArray()).join('')
const second = (n: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString()

test('each sign-in is printed and listed once, the newest first, to its own user only', async (t) => {
  const { bus, printer, printed, signIn, logins } = await open(t)
  for (const n of [1, 2, 3]) await signIn(1, second(n))
  await signIn(2, second(9))
  await bus.settled()
  await printer.close()
  const items = [3, 2, 1].map((n) => ({ userId: 1, timestamp: second(n) }))
  assert.deepEqual((await logins()).json(), { items, page: 1, pageSize: 20, total: 3 })
  assert.equal((await logins('', 2)).json().total, 1)
  assert.equal((await logins('', 3)).json().total, 0)
  const lines = printed.join('').trimEnd().split('\n')
  assert.equal(lines.length, 4)
  assert.ok(lines.includes(`User logged in with information: {"userId":2,"timestamp":"${second(9)}"}`))
})

test('a sign-in that a peer sends twice is listed and printed once', async (t) => {
  const { bus, printer, printed, transport, logins } = await open(t)
  const body = Buffer.from(JSON.stringify({ userId: 1, timestamp: second(5) }))
  const message = { id: '', topic: userLoggedIn.topic, key: '1', headers: {}, body }
  await transport.publish([message])
  await transport.publish([message])
  await until(async () => (await logins()).json().total > 0)
  await bus.settled()
  await printer.close()
  assert.equal((await logins()).json().total, 1)
  assert.equal(printed.join('').trimEnd().split('\n').length, 1)
})

async function until(fact: () => Promise<boolean>): Promise<void> {
  const late = AbortSignal.timeout(5000)
  while (!(await fact())) {
    late.throwIfAborted()
    await new Promise(setImmediate)
  }
}

test('sign-ins come in pages', async (t) => {
  const { bus, signIn, logins } = await open(t)
  await Promise.all(Array.from({ length: 45 }, (_, n) => signIn(1, second(n))))
  await bus.settled()
  const pages = await Promise.all([1, 2, 3, 4].map(async (page) => (await logins(`?page=${page}`)).json()))
  assert.deepEqual(
    pages.map(({ items }) => items.length),
    [20, 20, 5, 0],
  )
  assert.ok(pages.every(({ total }) => total === 45))
  const all = pages.flatMap(({ items }) => items.map((item: { timestamp: string }) => item.timestamp))
  assert.deepEqual(
    all,
    Array.from({ length: 45 }, (_, n) => second(44 - n)),
  )
  assert.equal((await logins('?pageSize=100')).json().items.length, 45)
})

for (const query of [
  'page=0',
  'page=-1',
  'page=x',
  'page=1.5',
  'page=99999999',
  'pageSize=0',
  'pageSize=101',
  'page=',
  'userId=2',
  'page=1&page=2',
]) {
  test(`/logins?${query} is answered 400 and names the field`, async (t) => {
    const answer = await (await open(t)).logins(`?${query}`)
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().errors[0].field, query.split('=')[0])
  })
}

test('without a token nothing is listed, whatever other headers say', async (t) => {
  const { http } = await open(t)
  const answer = await http.inject({ url: '/logins', headers: { 'x-user-id': '1' } })
  assert.equal(answer.statusCode, 401)
  assert.equal(answer.headers['www-authenticate'], 'Bearer')
})

test('requests reach the users service as they came, with named headers only', async (t) => {
  const seen: object[] = []
  const url = await playUsers(t, async (request, response) => {
    const { method, url, headers } = request
    seen.push({ method, url, headers, body: await bodyOf(request) })
    response.writeHead(201, { 'content-type': 'application/json', 'x-internal': 'secret' }).end('{"id":1}')
  })
  const { http } = await open(t, url)
  const answer = await http.inject({
    method: 'POST',
    url: '/users?x=%20y',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer t',
      'x-user-id': '5',
      'x-forwarded-for': '1.2.3.4',
    },
    payload: '{"email" : "a"}',
  })
  assert.equal(answer.statusCode, 201)
  assert.equal(answer.body, '{"id":1}')
  assert.equal(answer.headers['x-internal'], undefined)
  const [{ method, url: path, headers, body }] = seen as [Record<string, Record<string, string>>]
  assert.deepEqual([method, path, body], ['POST', '/users?x=%20y', '{"email" : "a"}'])
  assert.equal(headers?.authorization, 'Bearer t')
  assert.equal(headers?.['x-user-id'], undefined)
  assert.equal(headers?.['x-forwarded-for'], '127.0.0.1')
})

test("the users service's problems are answered as they are", async (t) => {
  const problem = new Problem(400, 'email: wrong').body()
  const url = await playUsers(t, (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
  })
  const answer = await (await open(t, url)).http.inject({ method: 'POST', url: '/sessions', payload: {} })
  assert.equal(answer.statusCode, 400)
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  assert.deepEqual(answer.json(), problem)
})

test('a users service that is down or hangs up is answered 503', async (t) => {
  const hangsUp = await playUsers(t, (request) => void request.socket.destroy())
  for (const url of ['http://127.0.0.1:1', hangsUp]) {
    const answer = await (await open(t, url)).http.inject({ method: 'POST', url: '/sessions', payload: {} })
    assert.equal(answer.statusCode, 503)
    assert.equal(answer.headers['retry-after'], '1')
  }
})

/** As it stands: other clients mend a path before they send it. */
function sendRaw(origin: string, path: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const { hostname, port } = new URL(origin)
  const asked = request({ host: hostname, port, path, agent: false }, (answer) => {
    answer.resume()
    resolve(answer.statusCode)
  })
  asked.once('error', reject).end()
  return promise
}

const tricks = [
  '/users/../metrics',
  '/users/%2e%2e/metrics',
  '/users/%2E./metrics',
  '/users/..%2fmetrics',
  '/users//metrics',
  '/users/..\\metrics',
  '/users/..%5cmetrics',
  '/sessions/./x',
  '/sessions/..',
  'http://127.0.0.1/users',
  '/.well-known/jwks.json',
  '/internal',
]

for (const path of tricks) {
  test(`${path} leads nowhere`, async (t) => {
    let asked = 0
    const url = await playUsers(t, (_request, response) => {
      asked += 1
      response.end('{}')
    })
    const { http } = await open(t, url)
    const status = await sendRaw(await http.listen({ host: '127.0.0.1', port: 0 }), path)
    assert.ok(status === 400 || status === 404, String(status))
    assert.equal(asked, 0)
  })
}

test('a body that is too large never reaches the users service', async (t) => {
  const { http } = await open(t)
  const payload = { email: 'x'.repeat(20_000) }
  assert.equal((await http.inject({ method: 'POST', url: '/users', payload })).statusCode, 413)
  const headers = { 'content-type': 'text/plain' }
  assert.equal((await http.inject({ method: 'POST', url: '/users', payload: 'x', headers })).statusCode, 415)
})
