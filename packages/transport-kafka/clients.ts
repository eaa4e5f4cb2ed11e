/** Makes the clients of Kafka with the settings that worked, and asks another broker first after one has been silent. */
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, type BaseOptions, Consumer, Producer } from '@platformatic/kafka'
import type { Settings } from './options.ts'
import type { Address } from './url.ts'

export interface Clients {
  /** Idempotent: one request under way at each broker. Its calls try again for ever: they need a watchdog. */
  openProducer(): Producer
  /** A member of no group until it joins one. */
  openConsumer(groupId: string, protocol: GroupProtocol): Consumer
  openAdmin(): Admin
  /** The next clients ask another broker first: the client asks only the first for its metadata, answer or not. */
  rotate(): void
  /** Brokers that are not in the URL are asked too once they are known. */
  learn(brokers: Iterable<Address>): void
}

/** `consumer` is the protocol of 4.0 and later, where the broker shares the partitions out; `classic` that before. */
export type GroupProtocol = 'consumer' | 'classic'

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
    openConsumer(groupId, protocol) {
      const options = { ...base(), groupId, autocommit: false, maxWaitTime: 300, rebalanceTimeout: 8000 } as const
      if (protocol === 'consumer') return new Consumer({ ...options, groupProtocol: 'consumer' })
      return new Consumer({ ...options, sessionTimeout: settings.sessionMs, heartbeatInterval: 1000 })
    },
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

/** Resolves within three seconds, and never rejects: what has not closed by then is left to itself. */
export async function closeClient(client: Producer | Consumer | Admin): Promise<void> {
  const closed = client instanceof Consumer ? client.close(true) : client.close()
  await Promise.race([closed.catch(() => {}), sleep(closeMs, undefined, { ref: false })])
}
