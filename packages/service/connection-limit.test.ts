/** A source holds so many connections and no more, and another one is not kept out. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { limitConnections } from './connection-limit.ts'

async function open(t: TestContext, trusted: readonly string[] = []) {
  const server = createServer()
  limitConnections(server, 3, trusted)
  server.on('connection', (socket) => {
    if (!socket.destroyed) socket.on('error', () => {}).write('welcome')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const sockets: Socket[] = []
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await once(server.close(), 'close')
  })
  /** Whether somebody speaks at the other end. */
  return async (localAddress?: string) => {
    const socket = connect({
      port: address.port,
      host: '127.0.0.1',
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    sockets.push(socket)
    socket.on('error', () => {})
    const welcome = await new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true)).once('close', () => resolve(false))
    })
    return { welcome, socket }
  }
}

test('what a source opens beyond its share is closed at once, until it has closed one itself', async (t) => {
  const connectOnce = await open(t)
  const first = await connectOnce()
  for (const wanted of [true, true, false, false]) assert.equal((await connectOnce()).welcome, wanted)
  first.socket.destroy()
  let { welcome } = await connectOnce()
  // The server hears of the end a moment later.
  for (let tries = 0; tries < 200 && !welcome; tries += 1) ({ welcome } = await connectOnce())
  assert.equal(welcome, true)
  assert.equal((await connectOnce()).welcome, false)
})

test('another source has a share of its own', {
  skip: process.platform !== 'linux' && 'one loopback address',
}, async (t) => {
  const connectOnce = await open(t)
  for (const wanted of [true, true, true, false]) assert.equal((await connectOnce('127.0.0.2')).welcome, wanted)
  assert.equal((await connectOnce('127.0.0.3')).welcome, true)
})

for (const trusted of ['127.0.0.1', '127.0.0.0/8']) {
  test(`a proxy that is trusted by ${trusted} has no limit`, async (t) => {
    const connectOnce = await open(t, [trusted, '::1'])
    for (let n = 0; n < 5; n += 1) assert.equal((await connectOnce()).welcome, true)
  })
}
