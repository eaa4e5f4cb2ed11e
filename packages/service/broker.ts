/** The broker's variables: where it is, and what is to be known of the peers that use it too. */
import { join } from 'node:path'
import type { Contract } from '@vestnik/bus'
import { BusError } from '@vestnik/bus/errors'
import { type OpenedTransport, openTransport, optionsOf, type TransportOptions } from '@vestnik/transport'
import { z } from 'zod'
import type { Environment } from './environment.ts'
import { brokerUrl, type Field, isLoopback } from './fields.ts'
import type { Log } from './log.ts'
import { refusePlaintext } from './plaintext.ts'
import { masked, readVariables } from './variables.ts'

/** Who sets these counts on Kafka: silence would put the messages elsewhere. */
const notBuilt = ['MESSAGE_BROKER_ROUTES', 'KAFKA_BROKERS', 'KAFKA_TOPIC']

export interface BrokerConfig {
  readonly brokerUrl: string
  readonly brokerOptions: Required<Pick<TransportOptions, 'plainQueues' | 'topicNames'>>
}

/**
 * `contracts`: all that there are in the system, so that a topic that is none of theirs is refused.
 * @throws BusError `BAD_CONFIG`
 */
export function readBroker(environment: Environment, dataDir: string, contracts?: readonly Contract[]): BrokerConfig {
  for (const name of notBuilt) refuseNotBuilt(environment, name)
  const found = readVariables(environment, {
    MESSAGE_BROKER_URL: brokerUrl(),
    MESSAGE_BROKER_PLAIN_QUEUES: plainQueuesField(contracts),
    MESSAGE_BROKER_TOPIC_NAMES: topicNamesField(contracts),
  })
  const url = found.MESSAGE_BROKER_URL ?? `sqlite:${join(dataDir, 'broker.db')}`
  const has = optionsOf(url)
  if (!has.includes('plainQueues')) refuse(environment, 'MESSAGE_BROKER_PLAIN_QUEUES', url)
  if (!has.includes('topicNames')) refuse(environment, 'MESSAGE_BROKER_TOPIC_NAMES', url)
  return {
    brokerUrl: url,
    brokerOptions: {
      plainQueues: found.MESSAGE_BROKER_PLAIN_QUEUES,
      topicNames: found.MESSAGE_BROKER_TOPIC_NAMES,
    },
  }
}

/**
 * In production no broker on another host is reached without TLS, or as a user whose password everybody knows.
 * @throws BusError `BAD_CONFIG`
 */
export function refuseUnsafeBroker(
  config: Pick<BrokerConfig, 'brokerUrl'> & { readonly production: boolean; readonly plaintextAllowed: boolean },
): void {
  const { brokerUrl } = config
  const { protocol, username, hostname } = new URL(brokerUrl)
  const isGuest = /^amqps?:$/.test(protocol) && ['', 'guest'].includes(unescaped(username))
  if (config.production && isGuest && !isLoopback(hostname)) {
    const why = 'with NODE_ENV=production nobody is guest on another host'
    throw new BusError(
      'BAD_CONFIG',
      `MESSAGE_BROKER_URL is "${masked(brokerUrl)}": it must name a user of its own, as amqps://user:password@host/vhost does; ${why}`,
    )
  }
  refusePlaintext(config, 'MESSAGE_BROKER_URL', brokerUrl)
}

/**
 * Opens the service's broker; what an operator should know of the connection goes to the log.
 * @throws BusError `BAD_URL`, `BAD_OPTION`, and what the transport's own opener throws
 */
export function openBroker({ brokerUrl, brokerOptions }: BrokerConfig, log: Log): Promise<OpenedTransport> {
  return openTransport(brokerUrl, { ...brokerOptions, log: (text) => log.warn(text) })
}

function plainQueuesField(contracts: readonly Contract[] | undefined): Field<readonly string[]> {
  const may = contracts?.filter(fitsPlainQueue).map(({ topic }) => topic)
  const which = may === undefined ? 'topics' : `topics of one group without order (${may.join(', ')})`
  return {
    allowed: `${which}, each once, with commas between`,
    schema: z
      .string()
      .transform(listed)
      .refine((topics) => areDistinct(topics) && topics.every((topic) => isTopic(topic, may)))
      .default([]),
  }
}

/** A queue hands each message to one of those who read it, in whatever order they end. */
function fitsPlainQueue({ groups }: Contract): boolean {
  return groups.length <= 1 && groups.every(({ order }) => order === 'none')
}

function topicNamesField(contracts: readonly Contract[] | undefined): Field<Readonly<Record<string, string>>> {
  const topics = contracts?.map(({ topic }) => topic)
  const which = topics === undefined ? '' : ` (of ${topics.join(', ')})`
  return {
    allowed: `topics with what others call them${which}, each once and no two alike, with commas between, such as mail.sendCode=mails`,
    schema: z
      .string()
      .transform((found) => listed(found).map((pair) => pair.split('=').map((word) => word.trim())))
      .refine((pairs) => pairs.every(([topic = '', name = '', ...more]) => isPair(topic, name, more, topics)))
      .refine((pairs) => areDistinct(pairs.map(([topic]) => topic)))
      .transform((pairs): Record<string, string> => Object.fromEntries(pairs))
      .refine((names) => areDistinct([...(topics ?? []).filter((one) => !names[one]), ...Object.values(names)]))
      .default({}),
  }
}

const listed = (found: string): readonly string[] => found.split(',').map((one) => one.trim())

const areDistinct = (found: readonly unknown[]): boolean => new Set(found).size === found.length

const isTopic = (found: string, known: readonly string[] | undefined): boolean =>
  known === undefined ? /^[A-Za-z][A-Za-z0-9._-]{0,119}$/.test(found) : known.includes(found)

const isPair = (topic: string, name: string, more: readonly string[], topics: readonly string[] | undefined): boolean =>
  isTopic(topic, topics) && /^[!-~]{1,120}$/.test(name) && more.length === 0

function refuseNotBuilt(environment: Environment, variable: string): void {
  const found = environment[variable]
  if (found === undefined) return
  const shown = JSON.stringify(masked(found))
  throw new BusError('BAD_CONFIG', `${variable} is ${shown}: it must be unset, as Kafka is not built yet`)
}

function refuse(environment: Environment, variable: string, url: string): void {
  const found = environment[variable]
  if (found === undefined) return
  const scheme = url.slice(0, url.indexOf(':'))
  throw new BusError(
    'BAD_CONFIG',
    `${variable} is ${JSON.stringify(found)}: it must be unset, as MESSAGE_BROKER_URL begins with ${scheme}:, and others use no such broker`,
  )
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
