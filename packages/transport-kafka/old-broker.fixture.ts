/** A broker that knows no more of Kafka's protocol than it says, and answers nothing but that question. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

const versionsKey = 18

export interface OldBroker extends AsyncDisposable {
  readonly port: number
}

/** Knows these requests, each in versions from 0 to the one that is named. */
export async function openOldBroker(newest: Readonly<Record<number, number>>): Promise<OldBroker> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket
      .on('error', () => {})
      .on('data', (data: Buffer) => {
        rest = Buffer.concat([rest, data])
        while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
          if (rest.readInt16BE(4) === versionsKey) socket.write(answerTo(rest.readInt32BE(8), newest))
          rest = rest.subarray(4 + rest.readInt32BE(0))
        }
      })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** ApiVersionsResponse, version 4. */
function answerTo(correlationId: number, newest: Readonly<Record<number, number>>): Buffer {
  const known = Object.entries(newest)
  const body = Buffer.alloc(4 + 2 + 1 + 7 * known.length + 4 + 1)
  let at = body.writeInt32BE(correlationId)
  at = body.writeInt16BE(0, at)
  at = body.writeUInt8(known.length + 1, at)
  for (const [apiKey, version] of known) {
    at = body.writeInt16BE(Number(apiKey), at)
    at = body.writeInt16BE(0, at)
    at = body.writeInt16BE(version, at)
    at = body.writeUInt8(0, at)
  }
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}
