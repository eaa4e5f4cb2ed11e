/** What the use cases of the users service work with. */
import type { Bus, Store } from '@vestnik/bus'
import type { Passwords } from './passwords.ts'
import type { TokenKeys } from './token-keys.ts'

export interface Parts {
  readonly store: Store
  readonly bus: Pick<Bus, 'publish'>
  readonly passwords: Passwords
  readonly keys: TokenKeys
  /** Milliseconds since 1970. */
  readonly now: () => number
}
