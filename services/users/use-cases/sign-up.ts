/** Signing up. Whether the address was taken shows neither in the answer nor in the work done for it. */
import type { users } from '@vestnik/api'
import { Problem } from '@vestnik/service'
import { accountOf } from '../domain/account.ts'
import { refusePassword } from '../domain/password.ts'
import type { Parts } from '../parts.ts'
import { addAccount, nextUserId } from '../store/accounts.ts'

/**
 * Answers the account; for a taken address the same, with an id that is never used.
 * No mail is sent yet, so nobody is asked to confirm the address, and signing in does not need it.
 */
export function createSignUp({ store, passwords, now }: Parts): (request: users.SignUp) => Promise<users.Account> {
  return async ({ email, password, name }) => {
    const refused = refusePassword(password, email)
    if (refused) throw new Problem(400, `password: ${refused}`, { errors: [{ field: 'password', reason: refused }] })
    const hash = await passwords.hash(password)
    const id = await store.transaction(async (tx) => {
      const next = await nextUserId(tx)
      await addAccount(tx, next, { email, name, password: hash, nowMs: now() })
      return next
    })
    return accountOf(id, email, name)
  }
}
