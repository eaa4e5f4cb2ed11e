/** What the use cases of the users service work with. */
import type { Bus, Store } from '@vestnik/bus'
import type { CodeBinding, Codes, MailLimits } from '@vestnik/codes'
import type { Limits } from './limits.ts'
import type { Passwords } from './passwords.ts'
import type { TokenKeys } from './token-keys.ts'

export interface Parts {
  readonly store: Store
  readonly bus: Pick<Bus, 'publish'>
  readonly passwords: Passwords
  readonly keys: TokenKeys
  readonly codes: Codes
  readonly limits: Limits
  /** Undefined: as many notices as there are reasons for. */
  readonly mailLimits: MailLimits | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** A request, and the source that it came from. */
export type UseCase<Request, Answer> = (request: Request, source: string) => Promise<Answer>

/** What the code is bound to that confirms the address of an account. An account that is not there has none. */
export function confirmAddressBinding(userId: number | undefined): CodeBinding {
  return { purpose: 'confirm-address', subject: String(userId ?? 0) }
}

/** What the code is bound to that sets a new password. */
export function resetPasswordBinding(userId: number | undefined): CodeBinding {
  return { purpose: 'reset-password', subject: String(userId ?? 0) }
}
