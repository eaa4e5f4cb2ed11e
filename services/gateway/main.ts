/** The gateway: the way in from outside, and the sign-ins that it received. */
import { join } from 'node:path'
import { openBus } from '@vestnik/bus'
import {
  busLog,
  healthOf,
  limitConnections,
  main,
  migrate,
  openBrokers,
  openPrinter,
  openStore,
  readEnvironment,
  readPageFiles,
  run,
  tokenVerifier,
} from '@vestnik/service'
import { createApp, createHandlers } from './app.ts'
import { readGatewayConfig } from './config.ts'
import { createLimits, mostConnections } from './limits.ts'
import { migrations } from './store/migrations.ts'
import { createUpstream } from './upstream.ts'

await main('gateway', async (log) => {
  const config = readGatewayConfig(readEnvironment())
  await using store = await openStore(config.databaseUrl, 'gateway')
  await migrate(store, 'gateway', migrations)
  await using printer = await openPrinter(store, {
    onError: (err) => log.error({ err }, 'cannot print to standard output'),
  })
  const handlers = createHandlers(printer)
  const contracts = handlers.map(({ contract }) => contract)
  await using brokers = await openBrokers({ clientId: 'gateway', contracts, config, log })
  const { transport, routes } = brokers
  await using bus = await openBus({ service: 'gateway', store, transport, routes, handlers, log: busLog(log) })
  const users = createUpstream(config.usersUrl)
  const films = createUpstream(config.filmsUrl)
  const verify = tokenVerifier(new URL('/.well-known/jwks.json', config.usersUrl))
  const page = await readPageFiles(join(import.meta.dirname, 'page'))
  const limits = createLimits(config.rateLimits)
  const options = { log, health: healthOf(store, transport, routes), trustProxy: config.trustProxy }
  const http = createApp({ store, verify, users, films, limits, page }, options)
  if (config.rateLimits) limitConnections(http.server, mostConnections, config.trustProxy)
  http.addHook('onClose', async () => void (await Promise.all([users.close(), films.close()])))
  await run({ http, host: config.host, port: config.port, log, drain: (deadline) => bus.close(deadline) })
})
