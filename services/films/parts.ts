/** What the use cases of the films service work with. */
import type { Bus, Store } from '@vestnik/bus'
import type { Codes } from '@vestnik/codes'
import type { VerifyToken } from '@vestnik/service'

export interface Parts {
  readonly store: Store
  readonly bus: Pick<Bus, 'publish'>
  readonly codes: Codes
  readonly verify: VerifyToken
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** How many requests of one user may await their codes at once. */
  readonly openRequests: number
  /** How long a request to rent waits for the message that its caller's address is confirmed, in milliseconds. */
  readonly patienceMs: number
}

export const standardOpenRequests = 5
export const standardPatienceMs = 1000
