/** The popular service: which films are rented most. */
import { openBus } from '@vestnik/bus'
import {
  busLog,
  healthOf,
  main,
  migrate,
  openBrokers,
  openStore,
  readEnvironment,
  readServiceConfig,
  run,
} from '@vestnik/service'
import { createApp, handlers } from './app.ts'
import { migrations } from './migrations.ts'

await main('popular', async (log) => {
  const config = readServiceConfig('popular', 3104, readEnvironment())
  await using store = await openStore(config.databaseUrl, 'popular')
  await migrate(store, 'popular', migrations)
  const contracts = handlers.map(({ contract }) => contract)
  await using brokers = await openBrokers({ clientId: 'popular', contracts, config, log })
  const { transport, routes } = brokers
  await using bus = await openBus({ service: 'popular', store, transport, routes, handlers, log: busLog(log) })
  const http = createApp(store, { log, health: healthOf(store, transport, routes), trustProxy: config.trustProxy })
  await run({ http, host: config.host, port: config.port, log, drain: (deadline) => bus.close(deadline) })
})
