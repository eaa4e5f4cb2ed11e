/** Values as frames on a socket: four bytes of length, then the value. */
import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'

export function sendFrame(socket: Socket, value: unknown): void {
  const body = serialize(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  if (socket.writable) socket.write(Buffer.concat([length, body]))
}

export function framesOf<Value>(socket: Socket, take: (value: Value) => void): void {
  let chunks: Buffer[] = []
  let size = 0
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    const [first] = chunks
    // A large frame comes in many chunks: they are put together once, when it is complete.
    if (first && first.length >= 4 && size < first.readUInt32BE() + 4) return
    let rest = Buffer.concat(chunks)
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE() + 4) {
      const end = rest.readUInt32BE() + 4
      take(deserialize(rest.subarray(4, end)))
      rest = rest.subarray(end)
    }
    chunks = [rest]
    size = rest.length
  })
}
