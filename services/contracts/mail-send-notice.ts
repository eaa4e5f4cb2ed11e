/** The owner of an address is to be told what happened to their account. */
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod'
import { emailAddress } from './email.ts'

export interface MailSendNotice {
  readonly email: string
  /** `password-changed`: by a reset; `address-taken`: somebody tried to sign up with it. */
  readonly kind: 'password-changed' | 'address-taken'
}

export const mailSendNotice: Contract<MailSendNotice, 'mail-group'> = contract('mail.sendNotice', {
  schema: z.object({ email: emailAddress, kind: z.enum(['password-changed', 'address-taken']) }),
  key: ({ email }) => email.toLowerCase(),
  // What the codes leave of the mailer's sessions.
  groups: [{ name: 'mail-group', concurrency: 2 }],
  lifeMs: 24 * 3_600_000,
  retry: { attempts: 100, firstDelayMs: 1_000, maxDelayMs: 600_000 },
})
