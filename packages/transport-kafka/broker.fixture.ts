/** A broker that the test is: it takes connections, and answers each question as it is told, or never. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type API, createAPI, type Reader, Writer } from '@platformatic/kafka'

/** A question without anything in it, and an answer of so many bytes. */
export const api: API<[], number> = createAPI(18, 0, () => Writer.create(), parse, false, false)

function parse(_id: number, _key: number, _version: number, reader: Reader): number {
  return reader.length
}

export interface FakeBroker extends AsyncDisposable {
  readonly port: number
  /** How many there were so far. */
  connections(): number
}

/** Answers each question as it is told. */
export async function openBroker(answer: (socket: Socket, correlationId: number) => void): Promise<FakeBroker> {
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

export function head(bytes: number, correlationId: number): Buffer {
  const frame = Buffer.alloc(8)
  frame.writeInt32BE(4 + bytes, 0)
  frame.writeInt32BE(correlationId, 4)
  return frame
}

export function answers(socket: Socket, correlationId: number): void {
  socket.write(Buffer.concat([head(3, correlationId), Buffer.alloc(3)]))
}

export function dies(socket: Socket): void {
  socket.destroy()
}
