/** Signing up. Whether the address was taken shows neither in the answer nor in the work done for it. */
import type { users } from '@vestnik/api'
import type { Tx } from '@vestnik/bus'
import { type PreparedCode, takeMail } from '@vestnik/codes'
import { mailSendNotice, userRegistered } from '@vestnik/contracts'
import { checkPassword } from '../check-password.ts'
import { accountOf } from '../domain/account.ts'
import { confirmAddressBinding, type Parts, type UseCase } from '../parts.ts'
import { addAccount, nextUserId } from '../store/accounts.ts'

/**
 * Answers the account and mails a code; for a taken address the same, with an id that is never used, and its owner is
 * told. Who signed up first has the address, until it is confirmed or a day has passed.
 */
export function createSignUp(parts: Parts): UseCase<users.SignUp, users.Account> {
  const { store, bus, passwords, codes, limits, mailLimits, now } = parts

  async function welcome(tx: Tx, userId: number, email: string, code: PreparedCode): Promise<void> {
    await bus.publish(tx, userRegistered, { userId, email })
    await codes.issue(tx, code, confirmAddressBinding(userId), email)
  }

  /** Notices have a share of their own: they must not use up the owner's codes. */
  async function tellOwner(tx: Tx, email: string, code: PreparedCode): Promise<void> {
    const may = await takeMail(tx, `notice ${email}`, now(), mailLimits)
    if (may) await bus.publish(tx, mailSendNotice, { email, kind: 'address-taken' })
    else await codes.pretend(tx, code)
  }

  return async ({ email, password, name }, source) => {
    await checkPassword('password', password, email)
    limits.mails.take(source)
    const hash = await passwords.hash(password)
    const code = await codes.prepare(email)
    const id = await store.transaction(async (tx) => {
      const next = await nextUserId(tx)
      const added = await addAccount(tx, next, { email, name, password: hash, nowMs: now() })
      await (added ? welcome(tx, next, email, code) : tellOwner(tx, email, code))
      return next
    })
    return accountOf(id, email, name)
  }
}
