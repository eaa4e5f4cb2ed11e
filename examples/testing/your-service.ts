/** A service's contract and handler, as the guide on testing tests them. */
import { type Contract, contract, type OnHandler, on } from '@vestnik/bus'
import { z } from 'zod'

export const userLoggedIn: Contract<{ userId: number; timestamp: string }, 'logins'> = contract('user.loggedIn', {
  schema: z.object({ userId: z.int().positive(), timestamp: z.iso.datetime() }),
  key: ({ userId }) => String(userId),
  groups: ['logins'],
})

export const keepLogin: OnHandler = on(userLoggedIn, 'logins', async ({ userId, timestamp }, { tx, message }) => {
  if (userId === 13 && message.attempt === 1) throw new Error('not at the first try')
  await tx.query('INSERT INTO logins (user_id, at) VALUES (?, ?)', [userId, timestamp])
})
