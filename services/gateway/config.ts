/** The gateway's variables. */
import { type Environment, fields, readServiceConfig, readVariables, type ServiceConfig } from '@vestnik/service'

export interface GatewayConfig extends ServiceConfig {
  readonly usersUrl: string
}

/** @throws BusError `BAD_CONFIG` */
export function readGatewayConfig(environment: Environment): GatewayConfig {
  const config = readServiceConfig('gateway', 3000, environment)
  const { USERS_URL } = readVariables(environment, { USERS_URL: fields.serviceUrl('http://127.0.0.1:3101') })
  return { ...config, usersUrl: USERS_URL }
}
