/** Makes the clients that ask, and connections, with the settings that worked, and asks another broker first after one was silent. */
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, type BaseOptions, type Connection, type ConnectionOptions } from '@platformatic/kafka'
import type { Settings } from './options.ts'
import type { Address } from './url.ts'

export interface Clients {
  openAdmin(): Admin
  /** The next client asks another broker first: the client asks only the first for its metadata, answer or not. */
  rotate(): void
  /** The brokers that there are now: those that are not in the URL are asked too, while they are there. */
  learn(brokers: Iterable<Address>): void
}

/** How long a close may take; the client waits for answers as long as it takes. */
const closeMs = 3000

/** The client's own pool forgets a connection that another one to the same broker has outlived. */
const openBy = new WeakMap<Admin, Set<Connection>>()

export function createClients(settings: Settings): Clients {
  let known = settings.brokers
  let first = 0

  function base(): BaseOptions {
    const at = first % known.length
    return {
      ...connectionOptions(
        settings,
        known.map(({ host }) => host),
      ),
      clientId: settings.clientId,
      bootstrapBrokers: [...known.slice(at), ...known.slice(0, at)],
      requestTimeout: 4000,
      retryDelay: 200,
      autocreateTopics: false,
    }
  }

  return {
    openAdmin: () => watched(new Admin({ ...base(), timeout: 4000, retries: 1, metadataMaxAge: 0 })),
    rotate() {
      first += 1
    },
    learn(brokers) {
      const isNew = (one: Address) => !settings.brokers.some(({ host, port }) => host === one.host && port === one.port)
      known = [...settings.brokers, ...[...brokers].filter(isNew)]
    },
  }
}

function watched(client: Admin): Admin {
  const open = new Set<Connection>()
  openBy.set(client, open)
  client.connections.on('connecting', ({ connection }) => {
    open.add(connection)
    connection.on('close', () => open.delete(connection))
    // It may fail more than once, and the client listens once: unheard, the next error would end the process.
    connection.on('error', () => {})
  })
  return client
}

/** What a connection to one of these hosts needs to be let in. */
export function connectionOptions({ tls, sasl }: Settings, hosts: readonly string[]): ConnectionOptions {
  return {
    connectTimeout: 2000,
    // An address has no name that a server could choose its certificate by.
    ...(tls && { tls, tlsServerName: hosts.every((host) => isIP(host) === 0) }),
    ...(sasl && { sasl: { mechanism: 'SCRAM-SHA-512', ...sasl } }),
  }
}

/** Resolves within three seconds, and never rejects: what has not closed by then is cut off. */
export async function closeClient(client: Admin): Promise<void> {
  await Promise.race([client.close().catch(() => {}), sleep(closeMs, undefined, { ref: false })])
  for (const connection of openBy.get(client) ?? []) cutOff(connection)
}

/** At once. What was to happen on it later (it proves itself again from time to time) does not. */
export function cutOff(connection: Connection): void {
  // As it is typed, there always is a socket; before it connects there is none.
  const socket: Connection['socket'] | undefined = connection.socket
  connection.close(() => {})
  socket?.destroy()
}
