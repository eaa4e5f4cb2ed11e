/** Keeps that an address is its user's, also when nothing else has been told of them yet. */
import { type OnHandler, on } from '@vestnik/bus'
import { userEmailConfirmed } from '@vestnik/contracts'
import { confirmUser } from '../store/users.ts'

export const knowConfirmedUser: OnHandler = on(userEmailConfirmed, 'films', async ({ userId, email }, { tx }) => {
  await confirmUser(tx, userId, email)
})
