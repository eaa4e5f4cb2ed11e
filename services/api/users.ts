/** Accounts: signing up, confirming the address, setting a new password. The users service answers. */
import { type Call, call } from '@vestnik/service/call'
import { z } from 'zod'
import { code, email, id, password } from './fields.ts'

export interface SignUp {
  readonly email: string
  readonly password: string
  readonly name?: string | undefined
}

export interface Account {
  readonly id: number
  readonly email: string
  readonly name: string | null
  readonly emailConfirmed: boolean
}

export interface EmailAndCode {
  readonly email: string
  readonly code: string
}

export interface NewPassword extends EmailAndCode {
  readonly newPassword: string
}

const name = z
  .string()
  .trim()
  .min(1, 'It must not be empty')
  .max(100, 'It may have at most 100 characters')
  .refine((found) => found.isWellFormed() && !/\p{Cc}/u.test(found), 'It must not have control characters')
  .meta({ examples: ['Анна'] })

const account: z.ZodType<Account> = z
  .object({
    id,
    email: z.string().meta({ examples: ['anna@example.com'] }),
    name: z
      .string()
      .nullable()
      .meta({ examples: ['Анна'] }),
    emailConfirmed: z.boolean(),
  })
  .meta({ id: 'Account' })

const onlyEmail: z.ZodType<{ readonly email: string }> = z.strictObject({ email })

export const signUp: Call<{ body: SignUp; answer: Account }> = call('POST', '/users', {
  summary: 'Sign up',
  description: 'A code to confirm the address is mailed. A taken address is answered like a free one.',
  body: z.strictObject({ email, password, name: name.optional() }),
  status: 201,
  answer: account,
})

export const confirmAddress: Call<{ body: EmailAndCode }> = call('POST', '/users/confirmations', {
  summary: 'Confirm the address with the mailed code',
  body: z.strictObject({ email, code }),
  status: 204,
  problems: [422],
})

export const resendConfirmation: Call<{ body: { readonly email: string } }> = call(
  'POST',
  '/users/confirmations/resend',
  {
    summary: 'Mail a new code to confirm the address',
    description: 'The earlier code ends. The answer is the same whether there is such an account or not.',
    body: onlyEmail,
    status: 202,
  },
)

export const ownAccount: Call<{ answer: Account }> = call('GET', '/users/me', {
  summary: 'The account of whoever is signed in',
  caller: 'user',
  status: 200,
  answer: account,
  problems: [401],
})

export const askPasswordReset: Call<{ body: { readonly email: string } }> = call('POST', '/password-resets', {
  summary: 'Mail a code to set a new password',
  description: 'The answer is the same whether there is such an account or not.',
  body: onlyEmail,
  status: 202,
})

export const confirmPasswordReset: Call<{ body: NewPassword }> = call('POST', '/password-resets/confirm', {
  summary: 'Set a new password with the mailed code',
  description: 'Every session of the account ends, and its owner is told by mail.',
  body: z.strictObject({ email, code, newPassword: password }),
  status: 204,
  problems: [422],
})
