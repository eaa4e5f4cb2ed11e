/** Setting a new password with a mailed code, when the old one is lost or known to somebody else. */
import type { users } from '@vestnik/api'
import type { Tx } from '@vestnik/bus'
import { wrongCode } from '@vestnik/codes'
import { mailSendNotice, userEmailConfirmed } from '@vestnik/contracts'
import { checkPassword } from '../check-password.ts'
import { accountKey } from '../limits.ts'
import { confirmAddressBinding, type Parts, resetPasswordBinding, type UseCase } from '../parts.ts'
import { confirmEmail, findAccount, type KnownAccount, rememberSource, setPassword } from '../store/accounts.ts'
import { endSessionsOf } from '../store/sessions.ts'

/** Mails a code to the owner of an account. To an address that nobody has nothing is sent, after the same work. */
export function createAskReset({ store, codes, limits }: Parts): UseCase<{ readonly email: string }, void> {
  return async ({ email }, source) => {
    limits.mails.take(source)
    const code = await codes.prepare(email)
    await store.transaction(async (tx) => {
      const known = await findAccount(tx, email)
      if (known === undefined) await codes.pretend(tx, code)
      else await codes.issue(tx, code, resetPasswordBinding(known.userId), email)
    })
  }
}

/**
 * Every session of the account ends, its other codes too, and its owner is told by mail; nobody is signed in. Rejects
 * with the same Problem 422 for a code that does not fit and an account that is not there.
 */
export function createConfirmReset(parts: Parts): UseCase<users.NewPassword, void> {
  const { store, bus, passwords, codes, limits, now } = parts

  /** The code has shown that the address is theirs, so it is confirmed as well. */
  async function reset(tx: Tx, { userId, emailConfirmed }: KnownAccount, email: string): Promise<void> {
    await endSessionsOf(tx, userId, now())
    await codes.revoke(tx, confirmAddressBinding(userId))
    if (!emailConfirmed) {
      await confirmEmail(tx, userId)
      await bus.publish(tx, userEmailConfirmed, { userId, email })
    }
    await bus.publish(tx, mailSendNotice, { email, kind: 'password-changed' })
  }

  return async ({ email, code, newPassword }, source) => {
    await checkPassword('newPassword', newPassword, email)
    limits.codeTries.take(accountKey(email, source))
    const hash = await passwords.hash(newPassword)
    const right = await store.transaction(async (tx) => {
      const known = await findAccount(tx, email)
      if (!(await codes.redeem(tx, resetPasswordBinding(known?.userId), code)) || known === undefined) return false
      if (!(await setPassword(tx, known.userId, hash))) return false // swept away meanwhile
      await reset(tx, known, email)
      await rememberSource(tx, known.userId, source, now())
      return true
    })
    if (!right) throw wrongCode()
    limits.signIns.forgive(email, source)
  }
}
