/** The mailer: sends the mail that the other services ask for. */
import { openBus } from '@vestnik/bus'
import { readOpenCode } from '@vestnik/codes'
import { busLog, createHttp, healthOf, main, openBroker, openStore, readEnvironment, run } from '@vestnik/service'
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
  await using store = await openStore(config.databaseUrl)
  await using transport = await openBroker(config, log)
  const handlers = createHandlers({ open, smtp, from, options, now: Date.now })
  await using bus = await openBus({ service: 'mailer', store, transport, handlers, log: busLog(log) })
  const http = createHttp({ log, health: withSmtp(healthOf(store, transport), smtp) })
  await run({ http, host, port, log, drain: (deadline) => bus.close(deadline).then(smtp.close) })
})
