/** A user has shown that the address is theirs. It may come before `user.registered`: between topics there is no order. */
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod'
import { emailAddress } from './email.ts'

export interface UserEmailConfirmed {
  /** A positive integer. */
  readonly userId: number
  readonly email: string
}

export const userEmailConfirmed: Contract<UserEmailConfirmed, 'films'> = contract('user.emailConfirmed', {
  schema: z.object({ userId: z.int().positive(), email: emailAddress }),
  key: ({ userId }) => String(userId),
  groups: ['films'],
})
