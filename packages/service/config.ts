/** Configuration: every variable is checked at start, and a wrong one is told with its name, what was found and what is allowed. */
import { join } from 'node:path'
import { BusError } from '@vestnik/bus/errors'
import type { Environment } from './environment.ts'
import { addressList, brokerUrl, type Field, host, isLoopback, oneOf, path, port, schemeUrl } from './fields.ts'

/** What every service reads. */
export interface ServiceConfig {
  readonly host: string
  readonly port: number
  /** An absolute path: where SQLite files and keys are kept. */
  readonly dataDir: string
  readonly brokerUrl: string
  readonly databaseUrl: string
  readonly production: boolean
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustProxy: readonly string[]
  /** False lifts rates, and nothing else. */
  readonly rateLimits: boolean
  /** Whether what leaves this host may do so without TLS in production. */
  readonly plaintextAllowed: boolean
}

/** @throws BusError `BAD_CONFIG` */
export function readServiceConfig(service: string, standardPort: number, environment: Environment): ServiceConfig {
  const found = readVariables(environment, {
    NODE_ENV: oneOf(['development', 'test', 'production']),
    HOST: host('127.0.0.1'),
    PORT: port(standardPort),
    DATA_DIR: path('data'),
    MESSAGE_BROKER_URL: brokerUrl(),
    DATABASE_URL: schemeUrl(['sqlite'], `sqlite:data/${service}.db`),
    TRUST_PROXY: addressList(),
    RATE_LIMITS: oneOf(['on', 'off']),
    ALLOW_PLAINTEXT: oneOf(['yes', 'no']),
  })
  if (found.RATE_LIMITS === 'off' && !isLoopback(found.HOST)) {
    const why = `HOST is "${found.HOST}", and whoever reaches it could guess without end`
    throw new BusError('BAD_CONFIG', `RATE_LIMITS is "off": it must be on, as ${why}`)
  }
  return {
    host: found.HOST,
    port: found.PORT,
    dataDir: found.DATA_DIR,
    brokerUrl: found.MESSAGE_BROKER_URL ?? `sqlite:${join(found.DATA_DIR, 'broker.db')}`,
    databaseUrl: found.DATABASE_URL ?? `sqlite:${join(found.DATA_DIR, `${service}.db`)}`,
    production: found.NODE_ENV === 'production',
    trustProxy: found.TRUST_PROXY,
    rateLimits: found.RATE_LIMITS !== 'off',
    plaintextAllowed: found.ALLOW_PLAINTEXT === 'yes',
  }
}

/**
 * In production what is not on this machine is reached by TLS, unless `ALLOW_PLAINTEXT=yes`.
 * @throws BusError `BAD_CONFIG`
 */
export function refusePlaintext(
  { production, plaintextAllowed }: Pick<ServiceConfig, 'production' | 'plaintextAllowed'>,
  variable: string,
  url: string,
): void {
  const { protocol, hostname } = new URL(url)
  if (!production || plaintextAllowed || protocol !== 'http:' || isLoopback(hostname)) return
  const why = 'with NODE_ENV=production nothing leaves this host without TLS, unless ALLOW_PLAINTEXT=yes'
  throw new BusError('BAD_CONFIG', `${variable} is "${url}": it must be an https:// address; ${why}`)
}

/**
 * Reads the variables that the fields name; all others are left alone.
 * @throws BusError `BAD_CONFIG` for the first that is wrong
 */
export function readVariables<Values extends object>(
  environment: Environment,
  fields: { readonly [Name in keyof Values]: Field<Values[Name]> },
): Values {
  const values: Partial<Values> = {}
  for (const name in fields) {
    values[name] = readVariable(name, environment[name], fields[name])
  }
  return values as Values
}

function readVariable<Value>(name: string, found: string | undefined, field: Field<Value>): Value {
  const read = field.schema.safeParse(found)
  if (read.success) return read.data
  const shown =
    found === undefined ? 'not set' : field.secret === true ? 'set to something else' : JSON.stringify(mask(found))
  throw new BusError('BAD_CONFIG', `${name} is ${shown}: it must be ${field.allowed}`)
}

/** URLs may carry a password. */
const mask = (found: string): string => found.replace(/\/\/[^/@]*@/, '//***@')
