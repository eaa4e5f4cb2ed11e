/** A one-time code is to be mailed. Existing peers send and read the same body, with six plain digits. */
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod'
import { emailAddress } from './email.ts'

export interface MailSendCode {
  readonly email: string
  /** Six digits, or the same sealed to the mailer's key: a compact JWE of at most 1 KiB. */
  readonly code: string
}

/** How long a code can be used, and how long its mail is worth sending. */
export const codeLifeMs: number = 10 * 60_000

const sixDigits = /^[0-9]{6}$/
const compactJwe = /^(?:[A-Za-z0-9_-]*\.){4}[A-Za-z0-9_-]*$/

export const mailSendCode: Contract<MailSendCode, 'mail-group'> = contract('mail.sendCode', {
  schema: z.object({
    email: emailAddress,
    code: z
      .string()
      .max(1024, 'It must be six digits, or a compact JWE of at most 1024 characters')
      .refine(
        (code) => sixDigits.test(code) || compactJwe.test(code),
        'It must be six digits, or a compact JWE of at most 1024 characters',
      ),
  }),
  key: ({ email }) => email.toLowerCase(),
  // With the notices no more at once than the mailer has sessions: none waits for one.
  groups: [{ name: 'mail-group', concurrency: 6 }],
  lifeMs: codeLifeMs,
  retry: { attempts: 100, firstDelayMs: 500, maxDelayMs: 30_000 },
  secret: ['code'],
})
