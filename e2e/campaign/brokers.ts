/** The broker of a campaign: killed and frozen as a node, cut off by a proxy before it. */

import { privateKafka } from '../../tools/brokers/kafka.ts'
import { privateRabbit } from '../../tools/brokers/rabbitmq.ts'
import { openTcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import type { Links, Mortal } from './targets.ts'

export const brokerNames = ['sqlite', 'amqp', 'kafka', 'both'] as const
export type BrokerName = (typeof brokerNames)[number]

/** A server with a proxy before it. */
export interface Server {
  readonly name: string
  readonly node: Mortal
  readonly links: Links
}

export interface Brokers {
  readonly servers: readonly Server[]
  /** What the services are told of them. */
  readonly environment: Readonly<Record<string, string>>
}

/** Nodes of its own, which end with `stack`. */
export async function startBrokers(name: BrokerName, stack: AsyncDisposableStack): Promise<Brokers> {
  if (name === 'sqlite') return { servers: [], environment: {} }
  const rabbit = name === 'kafka' ? undefined : await startRabbit(stack)
  const kafka = name === 'amqp' ? undefined : await startKafka(stack)
  const [first, second] = [rabbit, kafka].filter((one) => one !== undefined)
  return {
    servers: [rabbit, kafka].flatMap((one) => one?.server ?? []),
    environment: {
      MESSAGE_BROKER_URL: first?.url ?? '',
      ...(second && { MESSAGE_BROKER_ROUTES: `mail.*=${second.url}` }),
    },
  }
}

interface Started {
  readonly url: string
  readonly server: Server
}

async function startRabbit(stack: AsyncDisposableStack): Promise<Started> {
  const node = stack.use(await privateRabbit())
  const links = stack.use(await openTcpProxy(node.port))
  const url = new URL(node.url)
  url.port = String(links.port)
  return { url: url.href, server: { name: 'rabbitmq', node, links } }
}

async function startKafka(stack: AsyncDisposableStack): Promise<Started> {
  const node = stack.use(await privateKafka({ proxied: true }))
  if (node.proxy === undefined) throw new Error('a proxied Kafka has no proxy')
  const url = `kafka://127.0.0.1:${node.proxy.port}`
  return { url, server: { name: 'kafka', node, links: node.proxy } }
}
