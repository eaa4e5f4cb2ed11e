/** The films service's variables. */
import { allContracts } from '@vestnik/contracts'
import {
  type Environment,
  fields,
  readServiceConfig,
  readVariables,
  refusePlaintext,
  type ServiceConfig,
} from '@vestnik/service'

export interface FilmsConfig extends ServiceConfig {
  /** Where the keys are read that verify tokens. */
  readonly usersUrl: string
}

/** @throws BusError `BAD_CONFIG` */
export function readFilmsConfig(environment: Environment): FilmsConfig {
  const config = readServiceConfig('films', 3102, environment, { contracts: allContracts })
  const { USERS_URL } = readVariables(environment, { USERS_URL: fields.serviceUrl('http://127.0.0.1:3101') })
  // Whoever could change the keys on their way could sign tokens.
  refusePlaintext(config, 'USERS_URL', USERS_URL)
  return { ...config, usersUrl: USERS_URL }
}
