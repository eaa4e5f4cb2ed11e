/** Makes the clients that publish and ask, with the settings that worked, and asks another broker first after one was silent. */
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, type BaseOptions, Producer } from '@platformatic/kafka'
import type { Settings } from './options.ts'
import type { Address } from './url.ts'

export interface Clients {
  /** Idempotent: one request under way at each broker. Its calls try again for ever: they need a watchdog. */
  openProducer(): Producer
  openAdmin(): Admin
  /** The next clients ask another broker first: the client asks only the first for its metadata, answer or not. */
  rotate(): void
  /** Brokers that are not in the URL are asked too once they are known. */
  learn(brokers: Iterable<Address>): void
}

/** How long a close may take; the client waits for answers as long as it takes. */
const closeMs = 3000

const common = {
  connectTimeout: 2000,
  requestTimeout: 4000,
  retryDelay: 200,
  autocreateTopics: false,
} satisfies Partial<BaseOptions>

export function createClients(settings: Settings): Clients {
  const known = [...settings.brokers]
  let first = 0

  function base(): BaseOptions {
    const { clientId, tls, sasl } = settings
    return {
      ...common,
      clientId,
      bootstrapBrokers: [...known.slice(first), ...known.slice(0, first)],
      // An address has no name that a server could choose its certificate by.
      ...(tls && { tls, tlsServerName: known.every(({ host }) => isIP(host) === 0) }),
      ...(sasl && { sasl: { mechanism: 'SCRAM-SHA-512', ...sasl } }),
    }
  }

  return {
    openProducer: () => new Producer({ ...base(), idempotent: true, timeout: 3000, metadataMaxAge: 60_000 }),
    openAdmin: () => new Admin({ ...base(), timeout: 4000, retries: 1, metadataMaxAge: 0 }),
    rotate() {
      first = (first + 1) % known.length
    },
    learn(brokers) {
      for (const { host, port } of brokers) {
        if (!known.some((one) => one.host === host && one.port === port)) known.push({ host, port })
      }
    },
  }
}

/** Resolves within three seconds, and never rejects: what has not closed by then is cut off. */
export async function closeClient(client: Producer | Admin): Promise<void> {
  const sockets = [...client.connections].map(([, { socket }]) => socket)
  await Promise.race([client.close().catch(() => {}), sleep(closeMs, undefined, { ref: false })])
  for (const socket of sockets) socket?.destroy()
}
