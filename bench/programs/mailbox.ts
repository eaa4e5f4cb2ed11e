/** The mailbox's SMTP with its database, without its page: reports of each mail when it was kept, to which number, and its code. */
import { migrate, openLog, openStore } from '@vestnik/service'
import { mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { messagesIn } from '../../services/mailbox/messages.ts'
import { migrations } from '../../services/mailbox/migrations.ts'
import { createSmtp } from '../../services/mailbox/smtp.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'

const { folder } = readInput<{ folder: string }>()
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
      const at = now()
      const [newest] = (await messages.list(0, 1)).messages
      report({
        at,
        code: Number(/[0-9]{6}/.exec(newest?.Snippet ?? '')?.[0]),
        n: Number(/^m([0-9]+)@/.exec(envelope.to[0] ?? '')?.[1]),
      })
      return id
    },
  },
})
const address = (await smtp.listen(0, '127.0.0.1')).address()
report({ port: typeof address === 'object' && address !== null ? address.port : 0 })
await parentDone
await smtp.close()
