/** Somebody signed up. The address is not confirmed yet. */
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod'
import { emailAddress } from './email.ts'

export interface UserRegistered {
  /** A positive integer. */
  readonly userId: number
  readonly email: string
}

export const userRegistered: Contract<UserRegistered, 'films'> = contract('user.registered', {
  schema: z.object({ userId: z.int().positive(), email: emailAddress }),
  key: ({ userId }) => String(userId),
  groups: ['films'],
})
