/** A way to a server on which a link is cut when a COMMIT goes over it: before or after the server has it. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /** What becomes of the next commits. @default 'kept' */
  commits(how: 'kept' | 'cut before' | 'cut after'): void
}

export async function openCuttingProxy(target: number): Promise<CuttingProxy> {
  let how: 'kept' | 'cut before' | 'cut after' = 'kept'
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const behind = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
    behind.on('data', (data) => void client.write(data))
    client.on('data', (data) => {
      const cut = how !== 'kept' && data.includes('COMMIT\0')
      if (cut && how === 'cut before') return void client.resetAndDestroy()
      if (!cut) return void behind.write(data)
      // Nothing of the answer comes back.
      behind.removeAllListeners('data').once('data', () => client.resetAndDestroy())
      return void behind.write(data)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    commits(next) {
      how = next
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
