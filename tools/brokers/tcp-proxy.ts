/** A TCP proxy before a broker, whose links a test cuts, silences or refuses. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** How many links there are now. */
  links(): number
  /** How many there have been. */
  opened(): number
  /** Resets all links; new ones are let through. */
  cut(): void
  /** All links stay open and carry nothing more in either direction; new ones are let through. */
  silence(): void
  /** Each new link is reset after it has carried so many bytes; undefined: never. */
  cutAfter(bytes: number | undefined): void
  /** The next link whose client sends these bytes in one piece is reset, and they do not arrive. Resolves when it was. */
  cutAt(bytes: Buffer): Promise<void>
  /** What comes from the broker arrives so much later. */
  delay(ms: number): void
  /** New links are reset at once, until it is told otherwise. */
  refuse(refused: boolean): void
}

export async function openTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let refusing = false
  let limit: number | undefined
  let delayMs = 0
  let opened = 0
  let trap: { readonly bytes: Buffer; readonly sprung: () => void } | undefined

  const server = createServer((client) => {
    client.on('error', () => {})
    opened += 1
    if (refusing) return client.resetAndDestroy()
    link(client, connect(target, '127.0.0.1'))
    return undefined
  })

  function link(client: Socket, broker: Socket): void {
    const pair = [client, broker] as const
    const budget = limit
    let carried = 0
    pairs.add(pair)
    for (const [from, to] of [pair, [broker, client] as const]) {
      from.setNoDelay(true)
      from.on('error', () => {})
      from.on('close', () => end(pair))
      from.on('data', (data: Buffer) => {
        carried += data.length
        if (budget !== undefined && carried > budget) return end(pair)
        if (trap && from === client && data.includes(trap.bytes)) {
          trap.sprung()
          trap = undefined
          return end(pair)
        }
        if (from === broker && delayMs > 0) setTimeout(() => to.write(data), delayMs)
        else if (!to.write(data)) from.pause()
        return undefined
      })
      to.on('drain', () => from.resume())
    }
  }

  function end(pair: readonly [Socket, Socket]): void {
    pairs.delete(pair)
    for (const socket of pair) reset(socket)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    links: () => pairs.size,
    opened: () => opened,
    cut() {
      for (const pair of pairs) end(pair)
    },
    silence() {
      for (const pair of pairs) for (const socket of pair) socket.removeAllListeners('data').pause()
    },
    cutAfter(bytes) {
      limit = bytes
    },
    cutAt(bytes) {
      const { promise, resolve: sprung } = Promise.withResolvers<void>()
      trap = { bytes, sprung }
      return promise
    },
    delay(ms) {
      delayMs = ms
    },
    refuse(refused) {
      refusing = refused
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) end(pair)
      server.close()
      await once(server, 'close')
    },
  }
}

/**
 * A socket whose end has not been sent yet cannot be reset: Node would keep its handle for ever, and spin at the exit of
 * the process (26.10).
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
