/** How often a source, and an account, may be tried. Counters stand in this process's memory; known sources in the database. */
import { createRateLimiter, type Rate, type RateLimiter } from '@vestnik/service'

const secondMs = 1000
const minuteMs = 60 * secondMs

const rates = {
  /** Of each source, to anything. */
  requests: { burst: 300, everyMs: 200 },
  /** Of each source, for what has a mail sent: sign-ups, codes. */
  mails: { burst: 60, everyMs: minuteMs },
  /** Of each source at one address, with a code: what a source can spoil is four codes, and then two an hour. */
  codeTries: { burst: 20, everyMs: 6 * minuteMs },
  /** Failed sign-ins of each source at one address. */
  failuresAtAccount: { burst: 20, everyMs: 5 * minuteMs },
  /** Failed sign-ins of each source. */
  failuresOfSource: { burst: 100, everyMs: 30 * secondMs },
  /** Failed sign-ins at one address from all sources that are strange to it. */
  failuresOfStrangers: { burst: 100, everyMs: 5 * minuteMs },
} as const satisfies Record<string, Rate>

export interface Limits {
  readonly requests: RateLimiter
  readonly mails: RateLimiter
  /** By `accountKey`. */
  readonly codeTries: RateLimiter
  readonly signIns: SignInLimits
}

export interface SignInLimits {
  /**
   * Counts the sign-in as a failed one before its password is looked at, so that a thousand at once are counted as well.
   * Addresses count alike whether they have an account or not. Returns the way to take the count back.
   * @throws Problem 429
   */
  begin(email: string, source: string, known: boolean): () => void
  /** The source has shown that it is the owner's, and begins anew at this address. */
  forgive(email: string, source: string): void
}

/** @param on false lifts all of them */
export function createLimits(on: boolean, now?: () => number): Limits {
  const limiter = (rate: Rate) => createRateLimiter(on ? rate : undefined, now === undefined ? {} : { now })
  const { requests, mails, codeTries, failuresAtAccount, failuresOfSource, failuresOfStrangers } = rates
  return {
    requests: limiter(requests),
    mails: limiter(mails),
    codeTries: limiter(codeTries),
    signIns: signInLimits(limiter(failuresAtAccount), limiter(failuresOfSource), limiter(failuresOfStrangers)),
  }
}

/** A source at an address. */
export const accountKey = (email: string, source: string): string => `${source} ${email}`

function signInLimits(atAccount: RateLimiter, ofSource: RateLimiter, ofStrangers: RateLimiter): SignInLimits {
  return {
    begin(email, source, known) {
      const charges: readonly (readonly [RateLimiter, string])[] = [
        [atAccount, accountKey(email, source)],
        [ofSource, source],
        // Whoever was let in from there before is not kept out by what others do elsewhere.
        ...(known ? [] : [[ofStrangers, email] as const]),
      ]
      const taken: (readonly [RateLimiter, string])[] = []
      const takeBack = () => {
        for (const [limiter, key] of taken) limiter.giveBack(key)
      }
      try {
        for (const [limiter, key] of charges) {
          limiter.take(key)
          taken.push([limiter, key])
        }
      } catch (error) {
        // What is refused is no try, and must not use up another share.
        takeBack()
        throw error
      }
      return takeBack
    },
    forgive: (email, source) => atAccount.forget(accountKey(email, source)),
  }
}
