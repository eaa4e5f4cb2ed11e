/** Confirming an address: with a mailed code, of which another can be asked for. */
import type { users } from '@vestnik/api'
import { wrongCode } from '@vestnik/codes'
import { userEmailConfirmed } from '@vestnik/contracts'
import { accountKey } from '../limits.ts'
import { confirmAddressBinding, type Parts, type UseCase } from '../parts.ts'
import { confirmEmail, findAccount, rememberSource } from '../store/accounts.ts'

/** Rejects with the same Problem 422 for a code that does not fit and an account that is not there. */
export function createConfirmAddress({ store, bus, codes, limits, now }: Parts): UseCase<users.EmailAndCode, void> {
  return async ({ email, code }, source) => {
    limits.codeTries.take(accountKey(email, source))
    const right = await store.transaction(async (tx) => {
      const known = await findAccount(tx, email)
      if (!(await codes.redeem(tx, confirmAddressBinding(known?.userId), code)) || known === undefined) return false
      if (!(await confirmEmail(tx, known.userId))) return false // swept away meanwhile
      await rememberSource(tx, known.userId, source, now())
      await bus.publish(tx, userEmailConfirmed, { userId: known.userId, email })
      return true
    })
    if (!right) throw wrongCode()
    limits.signIns.forgive(email, source)
  }
}

/** Mails a new code to an unconfirmed address. To all others nothing is sent, after the same work. */
export function createResend({ store, codes, limits }: Parts): UseCase<{ readonly email: string }, void> {
  return async ({ email }, source) => {
    limits.mails.take(source)
    const code = await codes.prepare(email)
    await store.transaction(async (tx) => {
      const known = await findAccount(tx, email)
      if (known === undefined || known.emailConfirmed) await codes.pretend(tx, code)
      else await codes.issue(tx, code, confirmAddressBinding(known.userId), email)
    })
  }
}
