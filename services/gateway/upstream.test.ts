/** A service that is down, starts again, hangs, or hangs up. */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { freePorts } from '../../tools/start/free-ports.ts'
import type { Asked } from './exchange.ts'
import type { Context } from './gateway.fixture.ts'
import { createUpstream, type Upstream, type UpstreamLimits } from './upstream.ts'

const get: Asked = { method: 'GET', path: '/films', headers: {}, body: undefined, repeatable: true }
const post: Asked = { method: 'POST', path: '/users', headers: {}, body: Buffer.from('{}'), repeatable: false }
const down = { status: 503, headers: { 'retry-after': '1' } }

function open(t: Context, port: number, limits: UpstreamLimits = {}): Upstream {
  const upstream = createUpstream(`http://127.0.0.1:${port}`, { patienceMs: 0, ...limits })
  t.after(() => upstream.close())
  return upstream
}

async function listen(t: Context, server: Server | ReturnType<typeof createTcpServer>, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(async () => void server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

/** A service that speaks TCP: each connection is told its number, from 1. */
async function playTcp(t: Context, talk: (socket: Socket, connection: number) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    talk(socket, sockets.size)
  })
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
  })
  return await listen(t, server)
}

const answered = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'

test('a service that is down is answered 503', async (t) => {
  await assert.rejects(open(t, 1).ask(post), down)
  await assert.rejects(open(t, 1).ask(get), down)
})

test('a service that hangs up is answered 503, and a request that may have taken effect is not sent again', async (t) => {
  let asked = 0
  const port = await playTcp(t, (socket) => {
    socket.once('data', () => {
      asked += 1
      socket.destroy()
    })
  })
  await assert.rejects(open(t, port).ask(post), down)
  assert.equal(asked, 1)
  await assert.rejects(open(t, port).ask(get), down)
  assert.equal(asked, 4)
})

test('a kept connection that was closed just then costs a repeatable request nothing', async (t) => {
  const port = await playTcp(t, (socket, connection) => {
    let asked = 0
    socket.on('data', () => {
      asked += 1
      // The first connection answers once, and hangs up when it is asked again.
      if (connection === 1 && asked === 2) socket.resetAndDestroy()
      else socket.write(answered)
    })
  })
  const upstream = open(t, port)
  for (let n = 0; n < 3; n += 1) assert.equal((await upstream.ask(get)).status, 200)
})

test('a request with an idempotency key is sent again as well', async (t) => {
  const port = await playTcp(t, (socket, connection) => {
    socket.once('data', () => (connection === 1 ? socket.resetAndDestroy() : socket.write(answered)))
  })
  const headers = { 'idempotency-key': 'k' }
  assert.equal((await open(t, port).ask({ ...post, headers, repeatable: true })).status, 200)
})

test('an answer that breaks off is answered 503, and never in part', async (t) => {
  let asked = 0
  const port = await playTcp(t, (socket) => {
    socket.once('data', () => {
      asked += 1
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"items":')
    })
  })
  await assert.rejects(open(t, port).ask(get), down)
  assert.equal(asked, 1)
})

test('what is no HTTP, or too much, is answered 503', async (t) => {
  const nonsense = await playTcp(t, (socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')))
  await assert.rejects(open(t, nonsense).ask(get), down)
  const floods = await play(t, (_request, response) => response.end(Buffer.alloc(2 * 1024 * 1024)))
  await assert.rejects(open(t, floods).ask(get), down)
})

test('a service that does not answer in time is answered 503', async (t) => {
  const port = await play(t, () => {})
  await assert.rejects(open(t, port, { answerWithinMs: 100 }).ask(post), down)
})

test('more requests at once than there may be are answered 503, and the others go on', async (t) => {
  const waiting: (() => void)[] = []
  const port = await play(t, (_request, response) => void waiting.push(() => response.end('{}')))
  const upstream = open(t, port, { atOnce: 2 })
  const running = [upstream.ask(get), upstream.ask(get)]
  await assert.rejects(upstream.ask(get), down)
  while (waiting.length < 2) await new Promise(setImmediate)
  for (const answer of waiting) answer()
  assert.deepEqual(
    (await Promise.all(running)).map(({ status }) => status),
    [200, 200],
  )
})

test('requests wait for a service that starts again', async (t) => {
  const first = createServer((_request, response) => response.end('{"first":true}'))
  const port = await listen(t, first)
  const upstream = open(t, port, { patienceMs: 5000 })
  assert.equal(String((await upstream.ask(post)).body), '{"first":true}')
  first.closeAllConnections()
  await new Promise((resolve) => first.close(resolve))
  const asked = upstream.ask(post)
  await listen(
    t,
    createServer((_request, response) => response.end('{"second":true}')),
    port,
  )
  assert.equal(String((await asked).body), '{"second":true}')
})

test('a service that has been away for long is not waited for', async (t) => {
  const upstream = open(t, 1, { patienceMs: 200 })
  const connects = countConnects(t)
  await assert.rejects(upstream.ask(get), down)
  const first = connects()
  assert.ok(first > 1)
  await assert.rejects(upstream.ask(get), down)
  assert.equal(connects() - first, 1)
})

test('a service that was reached and is away again is waited for anew', async (t) => {
  const hangsUp = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.destroy())
  })
  const [port = 0] = await freePorts(1)
  const upstream = open(t, port, { patienceMs: 500 })
  await assert.rejects(upstream.ask(post), down)
  await listen(t, hangsUp, port)
  await assert.rejects(upstream.ask(post), down)
  await new Promise((resolve) => hangsUp.close(resolve))

  const connects = countConnects(t)
  await assert.rejects(upstream.ask(post), down)
  assert.ok(connects() > 1)
})

/** How many connections were tried since, to whichever service. */
function countConnects(t: Context): () => number {
  let connects = 0
  const count = (): void => {
    connects += 1
  }
  subscribe('undici:client:beforeConnect', count)
  t.after(async () => void unsubscribe('undici:client:beforeConnect', count))
  return () => connects
}

async function play(t: Context, listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  t.after(async () => server.closeAllConnections())
  return await listen(t, server)
}
