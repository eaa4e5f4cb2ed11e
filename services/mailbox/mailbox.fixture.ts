/** A mailbox of a test's own: SMTP and HTTP on free ports, and a sender that trusts it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { type Http, migrate } from '@vestnik/service'
import { type MailboxCertificate, mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer'
import { type DestinationStream, pino } from 'pino'
import { createApp } from './app.ts'
import { createChanges } from './changes.ts'
import { type Limits, type Messages, messagesIn } from './messages.ts'
import { migrations } from './migrations.ts'
import { readPage } from './page-files.ts'
import { createSmtp } from './smtp.ts'

export interface TestMailbox {
  readonly messages: Messages
  readonly http: Http
  /** Where the page is. */
  readonly origin: string
  readonly smtpPort: number
  readonly certificate: MailboxCertificate
  /** By SMTP, as the mailer does. */
  readonly sender: Transporter
  /** What it logged, line by line. */
  readonly logged: readonly string[]
}

export interface TestMailboxOptions {
  readonly limits?: Limits
  readonly maxSize?: number
  /** A database file. @default in memory */
  readonly database?: string
}

/** Making a certificate takes a while: one is enough for a file of tests. */
let folder: string | undefined
after(() => folder && rmSync(folder, { recursive: true }))

export function testCertificate(): Promise<MailboxCertificate> {
  folder ??= mkdtempSync(join(tmpdir(), 'vestnik-mailbox-'))
  return mailboxCertificate(folder)
}

export async function openTestMailbox(t: TestContext, options: TestMailboxOptions = {}): Promise<TestMailbox> {
  const stack = new AsyncDisposableStack()
  t.after(() => stack.disposeAsync())
  const logged: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) } satisfies DestinationStream)
  const store = stack.use(await openSqliteStore(options.database ?? ':memory:'))
  await migrate(store, 'mailbox', migrations)
  const messages = messagesIn(store, options.limits)
  const changes = createChanges()
  stack.defer(store.watch(changes.tell))
  const certificate = await testCertificate()
  const size = options.maxSize === undefined ? {} : { maxSize: options.maxSize }
  const smtp = createSmtp({ messages, log, cert: certificate.cert, key: certificate.key, ...size })
  const health = async () => ({ judged: {}, reported: {} })
  const http = createApp({ messages, changes, page: await readPage(), names: ['mailbox'] }, { log, health })
  const origin = await http.listen({ host: '127.0.0.1', port: 0 })
  stack.defer(() => http.close())
  const smtpPort = portOf((await smtp.listen(0, '127.0.0.1')).address())
  stack.defer(() => smtp.close())
  const sender = createTransport({ ...trusting(certificate), port: smtpPort, pool: true, maxConnections: 4 })
  stack.defer(() => sender.close())
  return { messages, http, origin, smtpPort, certificate, sender, logged }
}

/** How a mailer is to be configured. */
export function trusting({ cert }: MailboxCertificate): { host: string; requireTLS: true; tls: { ca: string } } {
  return { host: '127.0.0.1', requireTLS: true, tls: { ca: cert } }
}

/** The mail that the services send. */
export function codeMail(to: string, code: string): SendMailOptions {
  return {
    from: { name: 'Вестник', address: 'noreply@vestnik.example' },
    to,
    subject: 'Ваш одноразовый код',
    text: `Ваш код: ${code}`,
    html: `Ваш код: <b>${code}</b>`,
  }
}

function portOf(address: AddressInfo | string | null): number {
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}
