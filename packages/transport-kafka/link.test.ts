/** A link to brokers that die, and to slow ones, which the test is. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type API, createAPI, type Reader, Writer } from '@platformatic/kafka'
import { openLink } from './link.ts'
import { readSettings } from './options.ts'

/** A question without anything in it, and an answer of so many bytes. */
const api: API<[], number> = createAPI(18, 0, () => Writer.create(), parse, false, false)

function parse(_id: number, _key: number, _version: number, reader: Reader): number {
  return reader.length
}

/** Answers each question as it is told. */
async function openBroker(answer: (socket: Socket, correlationId: number) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      for (let at = 0; at < data.length; at += 4 + data.readInt32BE(at)) answer(socket, data.readInt32BE(at + 8))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return {
    port: address.port,
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function head(bytes: number, correlationId: number): Buffer {
  const frame = Buffer.alloc(8)
  frame.writeInt32BE(4 + bytes, 0)
  frame.writeInt32BE(correlationId, 4)
  return frame
}

const answers = (socket: Socket, id: number) => void socket.write(Buffer.concat([head(3, id), Buffer.alloc(3)]))
const dies = (socket: Socket) => void socket.destroy()

test('who finds at the same time that a broker is dead asks the next one, all of them', async () => {
  await using dead = await openBroker(dies)
  await using live = await openBroker(answers)
  const link = openLink(readSettings(`kafka://127.0.0.1:${dead.port},127.0.0.1:${live.port}`, {}), 0)
  try {
    assert.deepEqual(await Promise.all([1, 2].map(() => link.askAny(api))), [3, 3])
    assert.equal(dead.connections(), 1)
  } finally {
    link.close()
  }
})

test('a fetch over a slow link has time for as long as something comes, and a silent one ends', async () => {
  const pieces = 30
  await using slow = await openBroker((socket, id) => {
    socket.write(head(pieces, id))
    void (async () => {
      for (let i = 0; i < pieces; i += 1) {
        await sleep(40)
        socket.write('x')
      }
    })()
  })
  await using silent = await openBroker(() => {})
  const settings = readSettings(`kafka://127.0.0.1:${slow.port}`, {})
  const link = openLink(settings, 0, 1000)
  try {
    const [took, failure] = await Promise.all([
      link.ask({ host: '127.0.0.1', port: slow.port }, 'fetch', api),
      link.ask({ host: '127.0.0.1', port: silent.port }, 'fetch', api).catch((error: unknown) => error),
    ])
    assert.equal(took, pieces)
    assert.match(String(failure), /nothing came within 1000 ms/)
  } finally {
    link.close()
  }
})
