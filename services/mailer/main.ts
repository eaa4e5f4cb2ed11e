/** The mailer: sends the mail that the other services ask for. */
import { openBus } from '@vestnik/bus'
import { readOpenCode } from '@vestnik/codes'
import { busLog, createHttp, healthOf, main, openBrokers, openStore, readEnvironment, run } from '@vestnik/service'
import { createHandlers, withSmtp } from './app.ts'
import { readMailerConfig, readSecureContext } from './config.ts'
import { createSmtp, standardOptions as options } from './smtp.ts'

await main('mailer', async (log) => {
  const environment = readEnvironment()
  const config = readMailerConfig(environment)
  const { from, host, port } = config
  const open = await readOpenCode(environment, config)
  const server = { ...config.server, secureContext: await readSecureContext(config) }
  const smtp = createSmtp(server, options, ({ ready, reason }) => {
    if (ready) log.info('the mail server takes mail again')
    else log.warn({ reason }, 'mail cannot be sent now; it is tried again')
  })
  await using store = await openStore(config.databaseUrl, 'mailer')
  const handlers = createHandlers({ open, smtp, from, options, now: Date.now })
  const contracts = handlers.map(({ contract }) => contract)
  // As the existing mail sender calls itself.
  await using brokers = await openBrokers({ clientId: 'mail-sender', contracts, config, log })
  const { transport, routes } = brokers
  await using bus = await openBus({ service: 'mailer', store, transport, routes, handlers, log: busLog(log) })
  const http = createHttp({ log, health: withSmtp(healthOf(store, transport, routes), smtp) })
  await run({ http, host, port, log, drain: (deadline) => bus.close(deadline).then(smtp.close) })
})
