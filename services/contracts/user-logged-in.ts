/** A user signed in. Existing peers send and read the same body, byte for byte. */
import { type Contract, contract } from '@vestnik/bus'
import { z } from 'zod'

export interface UserLoggedIn {
  /** A positive integer. */
  readonly userId: number
  /** ISO 8601 in UTC with milliseconds: `2026-01-17T15:32:26.486Z`. */
  readonly timestamp: string
}

export const userLoggedIn: Contract<UserLoggedIn, 'gateway'> = contract('user.loggedIn', {
  schema: z.object({ userId: z.int().positive(), timestamp: z.iso.datetime() }),
  key: ({ userId }) => String(userId),
  // Sign-ins have times of their own, and the plain queue of an existing peer has no order.
  groups: [{ name: 'gateway', order: 'none' }],
  idOf: ({ userId, timestamp }) => `${userId}@${timestamp}`,
})
