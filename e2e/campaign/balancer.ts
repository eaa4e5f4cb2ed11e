/** One address before the instances of a service: each new connection goes to one that is well, in turn. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Links } from './targets.ts'

export interface Instance {
  readonly port: number
  /** Whether it answered when it was last asked. */
  isWell(): boolean
}

export interface Balancer extends Links, AsyncDisposable {
  readonly port: number
}

/** `instances`: asked at each connection, as they are started after it. */
export async function openBalancer(instances: () => readonly Instance[]): Promise<Balancer> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let turn = 0
  let refusing = false

  const server = createServer((client) => {
    client.on('error', () => {})
    if (refusing) return client.resetAndDestroy()
    return link(client, choose())
  })

  /** Where none is known to be well, each has its turn: one may have come back just now. */
  function choose(): Instance | undefined {
    turn += 1
    const well = instances().filter((one) => one.isWell())
    const choice = well.length > 0 ? well : instances()
    return choice[turn % choice.length]
  }

  function link(client: Socket, instance: Instance | undefined): void {
    const service = connect(instance?.port ?? 0, '127.0.0.1')
    const pair = [client, service] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => end(pair))
    }
    client.pipe(service)
    service.pipe(client)
  }

  function end(pair: readonly [Socket, Socket]): void {
    if (!pairs.delete(pair)) return
    for (const socket of pair) {
      // One whose end is under way cannot be reset: Node would keep its handle.
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    }
  }

  const cut = () => {
    for (const pair of pairs) end(pair)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    cut,
    silence() {
      for (const pair of pairs) for (const socket of pair) socket.unpipe().pause()
    },
    refuse(refused) {
      refusing = refused
    },
    async [Symbol.asyncDispose]() {
      cut()
      await once(server.close(), 'close')
    },
  }
}
