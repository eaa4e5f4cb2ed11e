/** How often one source may ask: for anything at all, and more strictly for what guesses, mails or computes. */
import { rentals, sessions, users } from '@vestnik/api'
import {
  type Call,
  createRateLimiter,
  type Http,
  limitRequests,
  type Rate,
  type RateLimiterOptions,
  sourceOf,
} from '@vestnik/service'

export interface Limits {
  /** Limits all requests, and those of the calls that have a rate of their own. Call it before routes are added. */
  addTo(http: Http): void
}

const perSecond = (n: number): number => 1000 / n
const perMinute = (n: number): number => 60_000 / n

export type RateName = 'any' | 'signIns' | 'refreshes' | 'mails' | 'codes'

/**
 * A household or an office is one source: these leave room for it. They bound what one source may cost all others; who
 * guesses passwords or codes is stopped much sooner, by the services that know the account.
 */
export const rates: Readonly<Record<RateName, Rate>> = {
  any: { burst: 300, everyMs: perSecond(50) },
  signIns: { burst: 60, everyMs: perMinute(60) },
  refreshes: { burst: 60, everyMs: perMinute(60) },
  mails: { burst: 30, everyMs: perMinute(6) },
  codes: { burst: 60, everyMs: perMinute(30) },
}

/** Of one source, at once. */
export const mostConnections = 500

const callsOf: Readonly<Record<Exclude<RateName, 'any'>, readonly unknown[]>> = {
  signIns: [sessions.signIn],
  refreshes: [sessions.refreshSession],
  mails: [users.signUp, users.resendConfirmation, users.askPasswordReset, rentals.rentFilm],
  codes: [users.confirmAddress, users.confirmPasswordReset, rentals.confirmRental],
}

export function createLimits(on: boolean, options: RateLimiterOptions = {}): Limits {
  const limiterOf = (rate: Rate) => createRateLimiter(on ? rate : undefined, options)
  const any = limiterOf(rates.any)
  const byRoute = new Map(
    Object.entries(callsOf).flatMap(([name, calls]) => {
      const limiter = limiterOf(rates[name as RateName])
      return (calls as readonly Call[]).map((call) => [routeOf(call.method, call.path), limiter] as const)
    }),
  )
  return {
    addTo(http) {
      if (!on) return
      limitRequests(http, any)
      http.addHook('onRequest', async ({ ip, method, routeOptions: { url = '' } }) => {
        byRoute.get(routeOf(method, url))?.take(sourceOf(ip))
      })
    },
  }
}

const routeOf = (method: string, path: string): string => `${method} ${path}`
