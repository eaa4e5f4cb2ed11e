/** Where each service listens: the port that was asked for, or the standard one, or the next that is free. */
import { createServer } from 'node:net'
import { BusError } from '@vestnik/bus/errors'
import { type KnownService, known, type Settings } from './settings.ts'

export interface Placed {
  readonly name: string
  readonly service: KnownService
  readonly port: number
  /** Where others on this machine find it. */
  readonly url: string
}

/** @throws BusError `BAD_CONFIG` when a port that was asked for is taken */
export async function choosePorts(settings: Settings, notice: (text: string) => void): Promise<readonly Placed[]> {
  const { host, services, askedPorts } = settings
  const given = new Set(services.flatMap(({ name }) => askedPorts[name] ?? []))
  const placed: Placed[] = []
  for (const service of services) {
    const { name, portVariable, standardPort } = service
    const asked = askedPorts[name]
    if (asked !== undefined) await checkFree(portVariable, host, asked)
    const port = asked ?? (await nextFree(host, standardPort, given))
    if (asked === undefined && port !== standardPort)
      notice(`port ${standardPort} is taken: ${name} listens on ${port}`)
    given.add(port)
    placed.push({ name, service, port, url: `http://${reachable(host)}:${port}` })
  }
  return placed
}

async function checkFree(variable: string, host: string, port: number): Promise<void> {
  const why = await whyNot(host, port)
  if (why !== undefined) throw new BusError('BAD_CONFIG', `${variable} is "${port}": ${why}; name a free port`)
}

/** Leaves the other services' standard ports to them. */
async function nextFree(host: string, standard: number, given: ReadonlySet<number>): Promise<number> {
  const others = new Set(known.map(({ standardPort }) => standardPort).filter((port) => port !== standard))
  for (let port = standard; port < standard + 200; port += 1) {
    if (!others.has(port) && !given.has(port) && (await whyNot(host, port)) === undefined) return port
  }
  const why = await whyNot(host, standard)
  throw new BusError('BAD_CONFIG', `HOST is "${host}": none of the ports from ${standard} on can be used: ${why}`)
}

/** Why nobody can listen there now, or undefined. */
function whyNot(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRINUSE' ? 'another program listens there' : error.message)
    })
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)))
  })
}

/** An address that stands for all of them is no address to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
