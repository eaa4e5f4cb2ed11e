/** What tests of sending share: a mail, and the way out to a server with short deadlines. */

import type { TestContext } from 'node:test'
import { createSecureContext } from 'node:tls'
import type { PartHealth } from '@vestnik/service'
import { codeLetter } from './domain/letters.ts'
import { composeMail, type Mail } from './mail.ts'
import type { MailError } from './mail-error.ts'
import { createSmtp, type Smtp, type SmtpOptions, standardOptions } from './smtp.ts'
import type { SmtpServer } from './smtp-session.ts'

export const from: { readonly address: string; readonly name: string } = {
  address: 'films@example.org',
  name: 'Фильмы',
}
export const pass = 'correct-horse-battery'

let mails = 0

export function makeMail(to = 'anna@example.org', digits = '123456'): Promise<Mail> {
  mails += 1
  const idempotencyKey = `mail.sendCode/mail-group/users/${mails}`
  return composeMail({ from, to, letter: codeLetter(digits), idempotencyKey, time: 1_790_000_000_000 })
}

export interface Way {
  readonly port: number
  /** PEM that is trusted. */
  readonly trust: string
  readonly options?: Partial<SmtpOptions>
  readonly server?: Partial<SmtpServer>
  readonly onChange?: (health: PartHealth) => void
}

const short = { waitMs: 2_000, sessionMs: 2_000, envelopeMs: 2_000, dataMs: 2_000 }

/** Connects to 127.0.0.1, where the certificate must be for localhost. It is closed after the test. */
export function openSmtp(t: TestContext, { port, trust, options = {}, server = {}, onChange }: Way): Smtp {
  const secureContext = createSecureContext({ ca: [trust], minVersion: 'TLSv1.2' })
  const place = { host: '127.0.0.1', port, servername: 'localhost', implicitTls: false, auth: undefined, secureContext }
  const smtp = createSmtp({ ...place, ...server }, { ...standardOptions, ...short, ...options }, onChange)
  t.after(() => smtp.close())
  return smtp
}

/** Sends under a claim that lasts. */
export async function send(smtp: Smtp, mail: Mail, check: () => void = () => {}): Promise<void> {
  await smtp.send(mail, check, new AbortController().signal)
}

/** A predicate for `assert.rejects`. */
export function fails(outcome: MailError['outcome'], why: RegExp): (error: MailError) => boolean {
  return (error) => error.outcome === outcome && why.test(error.message) && !/123456|correct-horse/.test(error.message)
}
