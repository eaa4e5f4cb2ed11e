/** The films service: the catalogue and the rentals. */
import { openBus } from '@vestnik/bus'
import { codeMigrations, createCodes, readCodeKeys, standardMailLimits } from '@vestnik/codes'
import { filmRented, mailSendCode } from '@vestnik/contracts'
import {
  busLog,
  healthOf,
  main,
  migrate,
  openBrokers,
  openStore,
  readEnvironment,
  repeat,
  run,
  tokenVerifier,
} from '@vestnik/service'
import { createApp, handlers, sweep } from './app.ts'
import { catalogue } from './catalogue/index.ts'
import { readFilmsConfig } from './config.ts'
import { standardOpenRequests, standardPatienceMs } from './parts.ts'
import { loadCatalogue } from './store/load-catalogue.ts'
import { migrations } from './store/migrations.ts'

await main('films', async (log) => {
  const environment = readEnvironment()
  const config = readFilmsConfig(environment)
  const keys = await readCodeKeys('films', environment, config)
  await using store = await openStore(config.databaseUrl, 'films')
  await migrate(store, 'films', migrations)
  await migrate(store, 'codes', codeMigrations)
  await loadCatalogue(store, catalogue)
  const publishes = [mailSendCode, filmRented]
  const contracts = [...publishes, ...handlers.map(({ contract }) => contract)]
  await using brokers = await openBrokers({ clientId: 'films', contracts, config, log })
  const { transport, routes } = brokers
  await using bus = await openBus({ service: 'films', store, transport, routes, handlers, publishes, log: busLog(log) })
  const now = Date.now
  const limits = config.rateLimits ? standardMailLimits : undefined
  const codes = createCodes({ ...keys, publish: bus.publish, now, limits })
  await using _sweeping = repeat(60_000, log, () => sweep({ store, codes, now }))
  const verify = tokenVerifier(new URL('/.well-known/jwks.json', config.usersUrl))
  const openRequests = config.rateLimits ? standardOpenRequests : Number.POSITIVE_INFINITY
  const http = createApp(
    { store, bus, codes, verify, now, openRequests, patienceMs: standardPatienceMs },
    { log, health: healthOf(store, transport, routes), trustProxy: config.trustProxy },
  )
  await run({ http, host: config.host, port: config.port, log, drain: (deadline) => bus.close(deadline) })
})
