/** From a URL to a transport: the one line of configuration that names the broker. */
import { BusError } from '@vestnik/bus/errors'
import type { Transport } from '@vestnik/bus/transport'

export type OpenedTransport = Transport & AsyncDisposable

/** What some brokers need to know because others use them too. One that has no such thing refuses it. */
export interface TransportOptions {
  /**
   * RabbitMQ: topics that an existing peer carries on a plain durable queue of the topic's name, on the default
   * exchange: one group, no order. Such a queue is made where it is missing, and else used as it is found. @default []
   */
  readonly plainQueues?: readonly string[]
  /** What an existing peer calls a topic, by its name in the contract. @default {} */
  readonly topicNames?: Readonly<Record<string, string>>
  /** Kafka: what the broker's logs and quotas call this program. @default 'vestnik' */
  readonly clientId?: string
  /** Kafka: whether a password may go to another host without TLS. @default false */
  readonly plaintextAllowed?: boolean
  /** Called with one sentence when something is worth an operator's while. @default does nothing */
  readonly log?: (text: string) => void
}

/** The options that not every broker has. */
export type PeerOption = 'plainQueues' | 'topicNames' | 'clientId'

const peerOptions: readonly PeerOption[] = ['plainQueues', 'topicNames', 'clientId']

interface Broker {
  readonly has: readonly PeerOption[]
  /** The transport itself is loaded here, so that nobody loads the others' clients. */
  readonly open: (url: string, options: TransportOptions) => Promise<Transport>
}

const rabbitmq: Broker = {
  has: ['plainQueues', 'topicNames'],
  open: async (url, options) => (await import('@vestnik/transport-rabbitmq')).openRabbitTransport(url, options),
}

const kafka: Broker = {
  has: ['topicNames', 'clientId'],
  open: async (url, options) => (await import('@vestnik/transport-kafka')).openKafkaTransport(url, options),
}

const brokers: Readonly<Record<string, Broker>> = {
  sqlite: {
    has: [],
    open: async (url) => (await import('@vestnik/transport-sqlite')).openSqliteTransport(url.slice('sqlite:'.length)),
  },
  amqp: rabbitmq,
  amqps: rabbitmq,
  kafka,
  kafkas: kafka,
}

/** What a broker's URL may begin with. */
export const schemes: readonly string[] = Object.keys(brokers)

/** Which of these options the URL's broker has; none where its scheme is not known. */
export function optionsOf(url: string): readonly PeerOption[] {
  return brokerOf(schemeOf(url))?.has ?? []
}

/**
 * Opens the broker that the URL names. `sqlite:<path>` is the embedded broker in a file, for processes of one machine;
 * `amqp://user:password@host/vhost` is RabbitMQ, `amqps:` the same over TLS; `kafka://host:port,host:port` is Kafka,
 * `kafkas://user:password@host:port?ca=ca.pem` the same over TLS with SCRAM-SHA-512.
 * @throws BusError `BAD_URL`, `BAD_OPTION`, and what the transport's own opener throws
 */
export async function openTransport(url: string, options: TransportOptions = {}): Promise<OpenedTransport> {
  const scheme = schemeOf(url)
  const broker = brokerOf(scheme)
  if (broker === undefined) throw badUrl(scheme === '' ? 'it has no scheme' : `${scheme}: is not a known scheme`)
  if (url.length === scheme.length + 1) throw badUrl(`there is nothing after ${scheme}:`)
  for (const option of peerOptions) {
    if (!isGiven(options[option]) || broker.has.includes(option)) continue
    const others = schemes.filter((one) => brokerOf(one)?.has.includes(option)).map((one) => `${one}:`)
    throw new BusError('BAD_OPTION', `open ${scheme}: it has no ${option}, only ${others.join(' and ')} have`)
  }
  const transport = await broker.open(url, options)
  return Object.assign(transport, { [Symbol.asyncDispose]: () => transport.close() })
}

const schemeOf = (url: string): string => /^([a-z][a-z0-9+.-]*):/.exec(url)?.[1] ?? ''

const brokerOf = (scheme: string): Broker | undefined => (Object.hasOwn(brokers, scheme) ? brokers[scheme] : undefined)

const isGiven = (option: object | string | undefined): boolean => option !== undefined && Object.keys(option).length > 0

/** The URL itself is not shown: it may hold a password. */
function badUrl(why: string): BusError {
  const known = schemes.map((scheme) => `${scheme}:`).join(', ')
  return new BusError('BAD_URL', `open the broker's URL: ${why}; known: ${known}, such as sqlite:broker.db`)
}
