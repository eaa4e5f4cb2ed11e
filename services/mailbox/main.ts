/** The development mailbox: it takes all mail by SMTP, and shows it on a page and by Mailpit's API. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { databaseHealth, listenError, main, migrate, openStore, readEnvironment, run } from '@vestnik/service'
import { createApp } from './app.ts'
import { createChanges } from './changes.ts'
import { readCertificate, readMailboxConfig } from './config.ts'
import { messagesIn } from './messages.ts'
import { migrations } from './migrations.ts'
import { readPage } from './page-files.ts'
import { createSmtp } from './smtp.ts'

await main('mailbox', async (log) => {
  const config = readMailboxConfig(readEnvironment())
  const { host, port, smtpPort } = config
  const { cert, key } = await readCertificate(config)
  await using store = await openStore(`sqlite:${join(config.dataDir, 'mailbox.db')}`, 'mailbox')
  await migrate(store, 'mailbox', migrations)
  const messages = messagesIn(store)
  const changes = createChanges()
  store.watch(changes.tell)
  const smtp = createSmtp({ messages, log, cert, key })
  const names = ['mailbox', hostname().toLowerCase(), host.toLowerCase()]
  const health = async () => ({ judged: { database: await databaseHealth(store) }, reported: {} })
  const http = createApp({ messages, changes, page: await readPage(), names }, { log, health })
  await smtp.listen(smtpPort, host).catch((error: unknown) => {
    throw listenError(error, 'MAILBOX_SMTP_PORT', host, smtpPort)
  })
  await run({ http, host, port, portVariable: 'MAILBOX_PORT', log, drain: () => smtp.close() })
})
