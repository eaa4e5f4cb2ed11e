/** What `npm start` reads, and what each service is given of it. */
import { join } from 'node:path'
import { BusError } from '@vestnik/bus/errors'
import { readVariables } from '@vestnik/service/config'
import type { Environment } from '@vestnik/service/environment'
import * as fields from '@vestnik/service/fields'
import { z } from 'zod'
import type { Placed } from './ports.ts'

export interface KnownService {
  readonly name: string
  /** The file that runs it. */
  readonly file: string
  readonly standardPort: number
  /** The variable that asks for a port. */
  readonly portVariable: string
  /** The variable that sets its database. */
  readonly databaseVariable: string
  /** The variable by which others find it. */
  readonly urlVariable: string
}

export const known: readonly KnownService[] = [service('gateway', 3000), service('users', 3101)]

export interface Settings {
  readonly environment: Environment
  readonly services: readonly KnownService[]
  readonly host: string
  readonly dataDir: string
  readonly brokerUrl: string
  /** The broker's URL without its password. */
  readonly shownBroker: string
  /** By service; undefined where none was asked for. */
  readonly askedPorts: Readonly<Record<string, number | undefined>>
}

/** @throws BusError `BAD_CONFIG` */
export function readSettings(environment: Environment): Settings {
  const names = known.map(({ name }) => name)
  const read = readVariables(environment, {
    SERVICES: servicesField(names),
    HOST: fields.host('127.0.0.1'),
    DATA_DIR: fields.path('data'),
    MESSAGE_BROKER_URL: fields.schemeUrl(['sqlite'], 'sqlite:data/broker.db'),
    DATABASE_URL: fields.schemeUrl(['sqlite'], 'sqlite:data/users.db'),
  })
  const services = known.filter(({ name }) => read.SERVICES.includes(name))
  refuseSharedFile(read.DATABASE_URL, services)
  const brokerUrl = read.MESSAGE_BROKER_URL ?? `sqlite:${join(read.DATA_DIR, 'broker.db')}`
  return {
    environment,
    services,
    host: read.HOST,
    dataDir: read.DATA_DIR,
    brokerUrl,
    shownBroker: brokerUrl.replace(/\/\/[^/@]*@/, '//***@'),
    askedPorts: Object.fromEntries(services.map((one) => [one.name, askedPort(one, environment)])),
  }
}

/** The variables of one service: what was set, and where it and the others are. */
export function environmentOf(
  { service: own, port }: Placed,
  placed: readonly Placed[],
  { environment, host, dataDir, brokerUrl }: Settings,
): Record<string, string> {
  const urls = Object.fromEntries(placed.map(({ service, url }) => [service.urlVariable, url]))
  const { PORT: _port, DATABASE_URL: shared, [own.databaseVariable]: database = shared, ...rest } = environment
  return {
    ...urls,
    ...rest,
    HOST: host,
    PORT: String(port),
    DATA_DIR: dataDir,
    MESSAGE_BROKER_URL: brokerUrl,
    ...(database === undefined ? {} : { DATABASE_URL: database }),
  }
}

function service(name: string, standardPort: number): KnownService {
  const upper = name.toUpperCase()
  return {
    name,
    file: join(import.meta.dirname, '..', '..', 'services', name, 'main.ts'),
    standardPort,
    portVariable: `${upper}_PORT`,
    databaseVariable: `${upper}_DATABASE_URL`,
    urlVariable: `${upper}_URL`,
  }
}

function servicesField(names: readonly string[]): fields.Field<readonly string[]> {
  const listed = z
    .string()
    .transform((found) => found.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(names)).refine((found) => new Set(found).size === found.length))
  return { allowed: `some of ${names.join(', ')}, each once, with commas between`, schema: listed.default([...names]) }
}

function askedPort({ portVariable, standardPort }: KnownService, environment: Environment): number | undefined {
  if (environment[portVariable] === undefined) return undefined
  return readVariables(environment, { [portVariable]: fields.port(standardPort) })[portVariable]
}

/** Each service has a database of its own: one SQLite file for several would mix their tables. */
function refuseSharedFile(databaseUrl: string | undefined, services: readonly KnownService[]): void {
  if (databaseUrl === undefined || services.length < 2) return
  const own = services.map(({ databaseVariable }) => databaseVariable).join(' and ')
  throw new BusError(
    'BAD_CONFIG',
    `DATABASE_URL is ${JSON.stringify(databaseUrl)}: it must be unset; set ${own} instead`,
  )
}
