/** The users service's variables. */
import { join } from 'node:path'
import { allContracts } from '@vestnik/contracts'
import { type Environment, fields, readServiceConfig, readVariables, type ServiceConfig } from '@vestnik/service'

export interface UsersConfig extends ServiceConfig {
  /** A JWK Set of private keys, newest first; undefined: made once in the data folder. */
  readonly tokenKeysFile: string | undefined
  /** Where keys are made when no file is named. */
  readonly madeKeysFile: string
}

/** @throws BusError `BAD_CONFIG` */
export function readUsersConfig(environment: Environment): UsersConfig {
  const config = readServiceConfig('users', 3101, environment, { contracts: allContracts })
  const { TOKEN_KEYS } = readVariables(environment, { TOKEN_KEYS: fields.optionalPath() })
  return { ...config, tokenKeysFile: TOKEN_KEYS, madeKeysFile: join(config.dataDir, 'keys', 'token-keys.json') }
}
