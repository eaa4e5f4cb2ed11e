/** Configuration: every variable is checked at start, and a wrong one is told with its name, what was found and what is allowed. */
import { join } from 'node:path'
import { BusError } from '@vestnik/bus/errors'
import { type BrokerConfig, type BrokerReading, readBroker, refuseUnsafeBrokers } from './broker.ts'
import { checkDatabase, databaseUrl } from './database-url.ts'
import type { Environment } from './environment.ts'
import { addressList, host, isLoopback, oneOf, path, port } from './fields.ts'
import { readVariables } from './variables.ts'

export { refusePlaintext } from './plaintext.ts'
export { readVariables } from './variables.ts'

/** What every service reads. */
export interface ServiceConfig extends BrokerConfig {
  readonly host: string
  readonly port: number
  /** An absolute path: where SQLite files and keys are kept. */
  readonly dataDir: string
  readonly databaseUrl: string
  readonly production: boolean
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustProxy: readonly string[]
  /** False lifts rates, and nothing else. */
  readonly rateLimits: boolean
  /** Whether what leaves this host may do so without TLS in production. */
  readonly plaintextAllowed: boolean
}

/**
 * `reading`: what is to be known to read the broker's variables.
 * @throws BusError `BAD_CONFIG`
 */
export function readServiceConfig(
  service: string,
  standardPort: number,
  environment: Environment,
  reading: BrokerReading = {},
): ServiceConfig {
  const found = readVariables(environment, {
    NODE_ENV: oneOf(['development', 'test', 'production']),
    HOST: host('127.0.0.1'),
    PORT: port(standardPort),
    DATA_DIR: path('data'),
    DATABASE_URL: databaseUrl(service),
    TRUST_PROXY: addressList(),
    RATE_LIMITS: oneOf(['on', 'off']),
    ALLOW_PLAINTEXT: oneOf(['yes', 'no']),
  })
  if (found.RATE_LIMITS === 'off' && !isLoopback(found.HOST)) {
    const why = `HOST is "${found.HOST}", and whoever reaches it could guess without end`
    throw new BusError('BAD_CONFIG', `RATE_LIMITS is "off": it must be on, as ${why}`)
  }
  const config = {
    ...readBroker(environment, found.DATA_DIR, reading),
    host: found.HOST,
    port: found.PORT,
    dataDir: found.DATA_DIR,
    databaseUrl: found.DATABASE_URL ?? `sqlite:${join(found.DATA_DIR, `${service}.db`)}`,
    production: found.NODE_ENV === 'production',
    trustProxy: found.TRUST_PROXY,
    rateLimits: found.RATE_LIMITS !== 'off',
    plaintextAllowed: found.ALLOW_PLAINTEXT === 'yes',
  }
  refuseUnsafeBrokers(config)
  checkDatabase('DATABASE_URL', config.databaseUrl, config)
  return config
}
