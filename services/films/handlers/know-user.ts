/** Keeps a user's address. Nobody can rent with it before it is confirmed. */
import { type OnHandler, on } from '@vestnik/bus'
import { userRegistered } from '@vestnik/contracts'
import { addUser } from '../store/users.ts'

export const knowUser: OnHandler = on(userRegistered, 'films', async ({ userId, email }, { tx }) => {
  await addUser(tx, userId, email)
})
