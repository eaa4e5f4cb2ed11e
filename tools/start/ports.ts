/** Where each service listens: the port that was asked for, or the standard one, or the next that is free. */
import { createServer } from 'node:net'
import { BusError } from '@vestnik/bus/errors'
import { reachable } from '@vestnik/service/reachable'
import { type KnownService, known, type ListeningPort } from './services.ts'
import type { Settings } from './settings.ts'

export interface Placed {
  readonly name: string
  readonly service: KnownService
  /** By the variable that asks for them. */
  readonly ports: Readonly<Record<string, number>>
  /** Where others on this machine find its pages. */
  readonly url: string
}

/** @throws BusError `BAD_CONFIG` when a port that was asked for is taken */
export async function choosePorts(settings: Settings, notice: (text: string) => void): Promise<readonly Placed[]> {
  const { host, services, askedPorts } = settings
  const given = new Set(Object.values(askedPorts).filter((port) => port !== undefined))
  const placed: Placed[] = []
  for (const service of services) {
    const ports: Record<string, number> = {}
    for (const one of service.ports) {
      const port = await choose(one, host, askedPorts[one.variable], given)
      if (port !== (askedPorts[one.variable] ?? one.standard)) notice(sentence(service, one, port))
      ports[one.variable] = port
      given.add(port)
    }
    const [{ variable = '' } = {}] = service.ports
    placed.push({ name: service.name, service, ports, url: `http://${inUrl(reachable(host))}:${ports[variable]}` })
  }
  return placed
}

async function choose(
  { variable, standard }: ListeningPort,
  host: string,
  asked: number | undefined,
  given: ReadonlySet<number>,
): Promise<number> {
  if (asked === undefined) return await nextFree(host, standard, given)
  const why = await whyNot(host, asked)
  if (why === undefined) return asked
  throw new BusError('BAD_CONFIG', `${variable} is "${asked}": ${why}; name a free port`)
}

function sentence({ name, ports }: KnownService, { protocol, standard }: ListeningPort, port: number): string {
  return `port ${standard} is taken: ${name} listens on ${port}${ports.length > 1 ? ` (${protocol})` : ''}`
}

/** Leaves the other services' standard ports to them. */
async function nextFree(host: string, standard: number, given: ReadonlySet<number>): Promise<number> {
  const all = known.flatMap(({ ports }) => ports.map((port) => port.standard))
  const others = new Set(all.filter((port) => port !== standard))
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

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)
