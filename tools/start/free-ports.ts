/** Ports for a system beside others: none of the standard ones. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { known } from './services.ts'

/** Ports of this machine that nobody listens on now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** A free port for each that `npm start` may be asked for, by its variable. */
export async function freePortVariables(): Promise<Readonly<Record<string, string>>> {
  const variables = known.flatMap(({ ports }) => ports.map(({ variable }) => variable))
  const ports = await freePorts(variables.length)
  return Object.fromEntries(variables.map((variable, i) => [variable, String(ports[i])]))
}
