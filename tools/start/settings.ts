/** What `npm start` reads, and what each service is given of it. */
import { isIP } from 'node:net'
import { devNull } from 'node:os'
import { BusError } from '@vestnik/bus/errors'
import { allContracts, mailSendCode } from '@vestnik/contracts'
import { type BrokerConfig, readBroker } from '@vestnik/service/broker'
import { readVariables } from '@vestnik/service/config'
import { databaseUrl, isPostgres } from '@vestnik/service/database-url'
import type { Environment } from '@vestnik/service/environment'
import * as fields from '@vestnik/service/fields'
import { masked } from '@vestnik/service/variables'
import { z } from 'zod'
import type { Placed } from './ports.ts'
import { isOfOthers, type KnownService, known, type ListeningPort, makesCodes } from './services.ts'

export interface Settings {
  readonly environment: Environment
  readonly services: readonly KnownService[]
  readonly host: string
  readonly dataDir: string
  /** The broker's URL, unless the mailer alone is told where it is as an existing mail sender is. */
  readonly brokerUrl: string | undefined
  /** Each broker's URL without its password, and the topics that go over it where it is not the only one. */
  readonly shownBrokers: readonly string[]
  /** Each server that keeps databases, without its password. */
  readonly shownDatabases: readonly string[]
  /** By variable; undefined where none was asked for. */
  readonly askedPorts: Readonly<Record<string, number | undefined>>
}

/** @throws BusError `BAD_CONFIG` */
export function readSettings(environment: Environment): Settings {
  const names = known.map(({ name }) => name)
  const read = readVariables(environment, {
    SERVICES: servicesField(names),
    HOST: fields.host('127.0.0.1'),
    DATA_DIR: fields.path('data'),
    DATABASE_URL: databaseUrl('users'),
  })
  const chosen = read.SERVICES ?? usual(names, environment)
  const services = known.filter(({ name }) => chosen.includes(name))
  refuseSharedDatabase(read.DATABASE_URL, services)
  if (services.some(({ name }) => name === 'mailer') && services.some(makesCodes)) refuseHalfPair(environment)
  const askedPorts = readAskedPorts(services, environment)
  const broker = readBroker(environment, read.DATA_DIR, {
    contracts: allContracts,
    kafkaTopicOf: peerTopicOf(services),
  })
  return {
    environment,
    services,
    host: read.HOST,
    dataDir: read.DATA_DIR,
    brokerUrl: broker.brokerVariable === 'MESSAGE_BROKER_URL' ? broker.brokerUrl : undefined,
    shownBrokers: shownOf(broker),
    shownDatabases: [...new Set(services.flatMap((one) => databaseOf(one, environment) ?? []).filter(isPostgres))].map(
      masked,
    ),
    askedPorts,
  }
}

/** Only the mailer heeds what an existing mail sender is told of Kafka: what others publish would not reach it. */
function peerTopicOf(services: readonly KnownService[]): string | undefined {
  const alone = services.every(({ name, databaseVariable }) => name === 'mailer' || databaseVariable === undefined)
  return alone ? mailSendCode.topic : undefined
}

function shownOf({ brokerUrl, brokerRoutes }: BrokerConfig): readonly string[] {
  return [masked(brokerUrl), ...brokerRoutes.map(({ topics, url }) => `${masked(url)} for ${topics.join(', ')}`)]
}

/** The variables of one service: what was set and is its business, and where it and the others are. */
export function environmentOf(
  { service: own, ports }: Placed,
  placed: readonly Placed[],
  { environment, host, dataDir, brokerUrl }: Settings,
): Record<string, string> {
  const { PORT: _port, DATABASE_URL: _shared, ...rest } = environment
  const database = databaseOf(own, environment)
  return {
    ...whereOthersAre(placed),
    ...Object.fromEntries(Object.entries(rest).filter(([name]) => !isOfOthers(name, own))),
    ...Object.fromEntries(own.ports.map(({ toldAs, variable }) => [toldAs, String(ports[variable])])),
    ...(own.behindGateway ? { TRUST_PROXY: gatewayAddresses(host) } : {}),
    HOST: host,
    DATA_DIR: dataDir,
    ...(own.databaseVariable === undefined || brokerUrl === undefined ? {} : { MESSAGE_BROKER_URL: brokerUrl }),
    ...(database === undefined ? {} : { DATABASE_URL: database }),
    // What the file says is in the variables above, as far as it is this service's business.
    ENV_FILE: devNull,
  }
}

/** Its own variable's, or else that of all; undefined: a file in the data folder, or none at all. */
function databaseOf({ databaseVariable }: KnownService, environment: Environment): string | undefined {
  return databaseVariable && (environment[databaseVariable] ?? environment.DATABASE_URL)
}

/** The services behind the gateway, and the mailbox, which the mailer sends to unless it is told otherwise. */
function whereOthersAre(placed: readonly Placed[]): Record<string, string> {
  const urls = placed.flatMap(({ service, url }) => (service.urlVariable ? [[service.urlVariable, url] as const] : []))
  const mailbox = placed.find(({ name }) => name === 'mailbox')
  return {
    ...Object.fromEntries(urls),
    ...(mailbox ? { MAILBOX_SMTP_PORT: String(mailbox.ports.MAILBOX_SMTP_PORT) } : {}),
  }
}

/** From where the gateway's requests come to the others. What it believes itself is between it and who asks it. */
function gatewayAddresses(host: string): string {
  const own = ['127.0.0.1', '::1']
  return (isIP(host) === 0 || own.includes(host) ? own : [...own, host]).join(',')
}

/** The mailbox is not there where mail goes out. */
function usual(names: readonly string[], { MAIL_HOST }: Environment): readonly string[] {
  return MAIL_HOST === undefined ? names : names.filter((name) => name !== 'mailbox')
}

function servicesField(names: readonly string[]): fields.Field<readonly string[] | undefined> {
  const listed = z
    .string()
    .transform((found) => found.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(names)).refine((found) => new Set(found).size === found.length))
  return { allowed: `some of ${names.join(', ')}, each once, with commas between`, schema: listed.optional() }
}

function readAskedPorts(services: readonly KnownService[], environment: Environment): Settings['askedPorts'] {
  const all = services.flatMap(({ ports }) => ports)
  const asked = Object.fromEntries(all.map((port) => [port.variable, askedPort(port, environment)]))
  for (const [name, port] of Object.entries(asked)) {
    const [other] = Object.keys(asked).filter((one) => one !== name && asked[one] === port)
    if (port === undefined || other === undefined) continue
    throw new BusError('BAD_CONFIG', `${other} is "${port}": ${name} asks for the same; name another port`)
  }
  return asked
}

function askedPort({ variable, standard }: ListeningPort, environment: Environment): number | undefined {
  if (environment[variable] === undefined) return undefined
  return readVariables(environment, { [variable]: fields.port(standard) })[variable]
}

/**
 * Each service has a database of its own: one SQLite file for several, or one schema, would mix their tables. In a
 * database of PostgreSQL each makes a schema of its name.
 */
function refuseSharedDatabase(url: string | undefined, services: readonly KnownService[]): void {
  const own = services.flatMap(({ databaseVariable }) => databaseVariable ?? [])
  if (url === undefined || own.length < 2) return
  const allowed = isPostgres(url) ? 'name no schema, as each service has its own' : 'be unset'
  if (isPostgres(url) && !/[?&]schema=/.test(url)) return
  throw new BusError(
    'BAD_CONFIG',
    `DATABASE_URL is ${JSON.stringify(masked(url))}: it must ${allowed}; set ${own.join(' and ')} instead`,
  )
}

/** They are a pair: the services that make codes never see the other half, so they could not tell. */
function refuseHalfPair({ MAIL_PUBLIC_KEY, MAIL_PRIVATE_KEY, MAIL_CODE_PLAIN }: Environment): void {
  if (MAIL_CODE_PLAIN === 'yes' || (MAIL_PUBLIC_KEY === undefined) === (MAIL_PRIVATE_KEY === undefined)) return
  const [missing, there] =
    MAIL_PUBLIC_KEY === undefined ? ['MAIL_PUBLIC_KEY', 'MAIL_PRIVATE_KEY'] : ['MAIL_PRIVATE_KEY', 'MAIL_PUBLIC_KEY']
  throw new BusError('BAD_CONFIG', `${missing} is not set: ${there} is, and they are a pair`)
}
