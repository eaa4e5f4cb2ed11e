/** The mailbox's SMTP with its database, without its page: reports when each mail was kept, by the number in its address. */
import { migrate, openLog, openStore } from '@vestnik/service'
import { mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { messagesIn } from '../../services/mailbox/messages.ts'
import { migrations } from '../../services/mailbox/migrations.ts'
import { createSmtp } from '../../services/mailbox/smtp.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'

const { folder, total } = readInput<{ folder: string; total: number }>()
const keptAt: Record<string, number> = {}
await using store = await openStore(`sqlite:${folder}/mailbox.db`, 'mailbox')
await migrate(store, 'mailbox', migrations)
const messages = messagesIn(store)
const smtp = createSmtp({
  ...(await mailboxCertificate(folder)),
  log: openLog('mailbox'),
  messages: {
    ...messages,
    async add(envelope, raw) {
      const id = await messages.add(envelope, raw)
      keptAt[numberIn(envelope.to[0])] = now()
      if (Object.keys(keptAt).length === total) report(keptAt)
      return id
    },
  },
})
const address = (await smtp.listen(0, '127.0.0.1')).address()
report({ port: typeof address === 'object' && address !== null ? address.port : 0 })
await parentDone
await smtp.close()

function numberIn(address = ''): string {
  return /^m([0-9]+)@/.exec(address)?.[1] ?? address
}
