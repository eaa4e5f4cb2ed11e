/** The brokers' variables: where they are, what goes over which, and what is to be known of the peers that use them too. */
import { join } from 'node:path'
import { type Contract, isOneOf } from '@vestnik/bus'
import { BusError } from '@vestnik/bus/errors'
import { optionsOf, type PeerOption, type TransportOptions } from '@vestnik/transport'
import {
  type BrokerRoute,
  kafkaBrokers,
  kafkaTopic,
  plainQueuesField,
  routesField,
  topicNamesField,
} from './broker-fields.ts'
import { readBrokerUrl } from './broker-url.ts'
import type { Environment } from './environment.ts'
import { brokerUrl, isLoopback } from './fields.ts'
import { refusePlaintext } from './plaintext.ts'
import { masked, readVariables } from './variables.ts'

export interface BrokerConfig {
  /** Of every topic that no route names. */
  readonly brokerUrl: string
  readonly brokerRoutes: readonly BrokerRoute[]
  readonly brokerOptions: Required<Pick<TransportOptions, 'plainQueues' | 'topicNames'>>
  /** The variable that says where the broker is. */
  readonly brokerVariable: 'MESSAGE_BROKER_URL' | 'KAFKA_BROKERS'
}

export interface BrokerReading {
  /** All the contracts that there are in the system, so that a topic that is none of theirs is refused. */
  readonly contracts?: readonly Contract[] | undefined
  /** The topic for which `KAFKA_BROKERS` and `KAFKA_TOPIC` are understood, as an existing peer's; undefined: they are refused. */
  readonly kafkaTopicOf?: string | undefined
}

/** @throws BusError `BAD_CONFIG` */
export function readBroker(
  environment: Environment,
  dataDir: string,
  { contracts, kafkaTopicOf }: BrokerReading = {},
): BrokerConfig {
  const peer = readKafkaPeer(environment, kafkaTopicOf)
  if (peer !== undefined) return peer
  const found = readVariables(environment, {
    MESSAGE_BROKER_URL: brokerUrl(),
    MESSAGE_BROKER_ROUTES: routesField(contracts),
    MESSAGE_BROKER_PLAIN_QUEUES: plainQueuesField(contracts),
    MESSAGE_BROKER_TOPIC_NAMES: topicNamesField(contracts),
  })
  const config: BrokerConfig = {
    brokerUrl: found.MESSAGE_BROKER_URL ?? `sqlite:${join(dataDir, 'broker.db')}`,
    brokerRoutes: found.MESSAGE_BROKER_ROUTES,
    brokerOptions: {
      plainQueues: found.MESSAGE_BROKER_PLAIN_QUEUES,
      topicNames: found.MESSAGE_BROKER_TOPIC_NAMES,
    },
    brokerVariable: 'MESSAGE_BROKER_URL',
  }
  const { plainQueues, topicNames } = config.brokerOptions
  refuseWithout('plainQueues', environment, 'MESSAGE_BROKER_PLAIN_QUEUES', plainQueues, config)
  refuseWithout('topicNames', environment, 'MESSAGE_BROKER_TOPIC_NAMES', Object.keys(topicNames), config)
  return config
}

/** The URL of the broker that carries the topic. */
export function brokerUrlOf({ brokerUrl, brokerRoutes }: BrokerConfig, topic: string): string {
  return brokerRoutes.find(({ topics }) => isOneOf(topics, topic))?.url ?? brokerUrl
}

/**
 * In production no broker on another host is reached without TLS, or as a user whose password everybody knows.
 * @throws BusError `BAD_CONFIG`
 */
export function refuseUnsafeBrokers(
  config: BrokerConfig & { readonly production: boolean; readonly plaintextAllowed: boolean },
): void {
  refuseUnsafe(config, config.brokerVariable, config.brokerUrl)
  for (const { url } of config.brokerRoutes) refuseUnsafe(config, 'MESSAGE_BROKER_ROUTES', url)
}

function refuseUnsafe(
  config: { readonly production: boolean; readonly plaintextAllowed: boolean },
  variable: string,
  url: string,
): void {
  const { scheme = '', username = '', hosts = [] } = readBrokerUrl(url) ?? {}
  const isGuest = /^amqps?$/.test(scheme) && ['', 'guest'].includes(username)
  if (config.production && isGuest && !hosts.every(isLoopback)) {
    const why = 'with NODE_ENV=production nobody is guest on another host'
    throw new BusError(
      'BAD_CONFIG',
      `${variable} is "${masked(url)}": it must name a user of its own, as amqps://user:password@host/vhost does; ${why}`,
    )
  }
  refusePlaintext(config, variable, url)
}

/** What an existing peer of Kafka is configured with stands for the broker, and for the name of its one topic. */
function readKafkaPeer(environment: Environment, topic: string | undefined): BrokerConfig | undefined {
  const names = ['KAFKA_BROKERS', 'KAFKA_TOPIC'] as const
  const given = names.find((name) => environment[name] !== undefined)
  if (given === undefined) return undefined
  if (topic === undefined) {
    const instead = 'only the mailer heeds it; others have MESSAGE_BROKER_URL and MESSAGE_BROKER_ROUTES'
    throw unset(environment, given, instead)
  }
  const found = readVariables(environment, { KAFKA_BROKERS: kafkaBrokers, KAFKA_TOPIC: kafkaTopic })
  const missing = names.find((name) => found[name] === undefined)
  if (missing !== undefined) throw new BusError('BAD_CONFIG', `${missing} is not set: it must be, as ${given} is`)
  const other = Object.keys(environment).find(
    (name) => name.startsWith('MESSAGE_BROKER_') && environment[name] !== undefined,
  )
  if (other !== undefined) throw unset(environment, 'KAFKA_BROKERS', `${other} is set, and says where the broker is`)
  return {
    brokerUrl: `kafka://${found.KAFKA_BROKERS}`,
    brokerRoutes: [],
    brokerOptions: { plainQueues: [], topicNames: { [topic]: found.KAFKA_TOPIC ?? topic } },
    brokerVariable: 'KAFKA_BROKERS',
  }
}

/** What only another broker could do is not ignored: the messages would go elsewhere. */
function refuseWithout(
  option: PeerOption,
  environment: Environment,
  variable: string,
  topics: readonly string[],
  config: BrokerConfig,
): void {
  for (const topic of topics) {
    const url = brokerUrlOf(config, topic)
    if (optionsOf(url).includes(option)) continue
    throw new BusError(
      'BAD_CONFIG',
      `${variable} is ${JSON.stringify(environment[variable])}: it must not name ${topic}, which goes over a broker of ${url.slice(0, url.indexOf(':'))}: that has no such thing`,
    )
  }
}

function unset(environment: Environment, variable: string, why: string): BusError {
  return new BusError(
    'BAD_CONFIG',
    `${variable} is ${JSON.stringify(masked(environment[variable] ?? ''))}: it must be unset: ${why}`,
  )
}
