/** Sends mails at a steady rate by nodemailer alone, over the same verified STARTTLS and kept connections as the mailer. */
import { mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { createTransport } from 'nodemailer'
import { pace } from '../harness/pace.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'

const { folder, port, perSecond, seconds } = readInput<{
  folder: string
  port: number
  perSecond: number
  seconds: number
}>()
const { cert } = await mailboxCertificate(folder)
const mail = createTransport({
  pool: true,
  host: '127.0.0.1',
  port,
  requireTLS: true,
  maxConnections: 8,
  tls: { ca: cert, servername: 'localhost', minVersion: 'TLSv1.2' },
})
const askedAt: Record<string, number> = {}
await pace(perSecond, seconds, async (n) => {
  askedAt[n] = now()
  await mail.sendMail({
    from: 'films@example.org',
    to: `m${n}@example.org`,
    subject: 'Ваш одноразовый код',
    text: 'Ваш код: 123456',
    html: 'Ваш код: <b>123456</b>',
  })
})
report(askedAt)
await parentDone
mail.close()
