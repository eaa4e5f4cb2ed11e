/** The gateway's variables. */
import { allContracts } from '@vestnik/contracts'
import {
  type Environment,
  fields,
  readServiceConfig,
  readVariables,
  refusePlaintext,
  type ServiceConfig,
} from '@vestnik/service'

export interface GatewayConfig extends ServiceConfig {
  readonly usersUrl: string
  readonly filmsUrl: string
}

/** @throws BusError `BAD_CONFIG` */
export function readGatewayConfig(environment: Environment): GatewayConfig {
  const config = readServiceConfig('gateway', 3000, environment, { contracts: allContracts })
  const { USERS_URL, FILMS_URL } = readVariables(environment, {
    USERS_URL: fields.serviceUrl('http://127.0.0.1:3101'),
    FILMS_URL: fields.serviceUrl('http://127.0.0.1:3102'),
  })
  // Tokens and passwords go there.
  refusePlaintext(config, 'USERS_URL', USERS_URL)
  refusePlaintext(config, 'FILMS_URL', FILMS_URL)
  return { ...config, usersUrl: USERS_URL, filmsUrl: FILMS_URL }
}
