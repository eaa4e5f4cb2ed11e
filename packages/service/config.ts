/** Configuration: every variable is checked at start, and a wrong one is told with its name, what was found and what is allowed. */
import { join } from 'node:path'
import { BusError } from '@vestnik/bus/errors'
import type { Environment } from './environment.ts'
import { type Field, host, oneOf, path, port, schemeUrl } from './fields.ts'

/** What every service reads. */
export interface ServiceConfig {
  readonly host: string
  readonly port: number
  /** An absolute path: where SQLite files and keys are kept. */
  readonly dataDir: string
  readonly brokerUrl: string
  readonly databaseUrl: string
  readonly production: boolean
}

/** @throws BusError `BAD_CONFIG` */
export function readServiceConfig(service: string, standardPort: number, environment: Environment): ServiceConfig {
  const found = readVariables(environment, {
    NODE_ENV: oneOf(['development', 'test', 'production']),
    HOST: host('127.0.0.1'),
    PORT: port(standardPort),
    DATA_DIR: path('data'),
    MESSAGE_BROKER_URL: schemeUrl(['sqlite'], 'sqlite:data/broker.db'),
    DATABASE_URL: schemeUrl(['sqlite'], `sqlite:data/${service}.db`),
  })
  return {
    host: found.HOST,
    port: found.PORT,
    dataDir: found.DATA_DIR,
    brokerUrl: found.MESSAGE_BROKER_URL ?? `sqlite:${join(found.DATA_DIR, 'broker.db')}`,
    databaseUrl: found.DATABASE_URL ?? `sqlite:${join(found.DATA_DIR, `${service}.db`)}`,
    production: found.NODE_ENV === 'production',
  }
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
