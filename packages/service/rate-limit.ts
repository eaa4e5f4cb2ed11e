/** Limits of rates: each key (a source, an account) has a share that fills up again with time. What exceeds it is a Problem 429. */
import { isIP, isIPv4 } from 'node:net'
import type { Http } from './http.ts'
import { Problem } from './problem.ts'

export interface Rate {
  /** How many may come at once. */
  readonly burst: number
  /** One more may come after each such time. */
  readonly everyMs: number
}

export interface RateLimiter {
  /** Takes one of the key's share. @throws Problem 429 with `Retry-After` when nothing is left; then nothing is taken */
  take(key: string): void
  /** What was taken is there again: it turned out not to count. */
  giveBack(key: string): void
  /** The key has its whole share again. */
  forget(key: string): void
}

export interface RateLimiterOptions {
  /** Milliseconds of a clock that is never set back. @default performance.now */
  readonly now?: () => number
  /** How many keys are remembered; beyond that, those are forgotten that took nothing for the longest time. @default 100_000 */
  readonly keys?: number
}

/** In memory, for one process. Without a rate nothing is limited. */
export function createRateLimiter(rate: Rate | undefined, options: RateLimiterOptions = {}): RateLimiter {
  if (rate === undefined) return unlimited
  const { burst, everyMs } = rate
  const { now = () => performance.now(), keys = 100_000 } = options
  /** When each key's share is whole again, by the time of its last take. A key that is not there has a whole share. */
  const wholeAt = new Map<string, number>()

  /** Two for each that comes: the map shrinks by itself. */
  function dropOldest(nowMs: number): void {
    for (const [key, whole] of wholeAt.entries().take(2)) {
      if (whole <= nowMs || wholeAt.size > keys) wholeAt.delete(key)
    }
  }

  return {
    take(key) {
      const nowMs = now()
      const whole = Math.max(wholeAt.get(key) ?? nowMs, nowMs) + everyMs
      const waitMs = whole - nowMs - burst * everyMs
      if (waitMs > 0) throw tooMany(waitMs)
      wholeAt.delete(key)
      wholeAt.set(key, whole)
      dropOldest(nowMs)
    },
    giveBack(key) {
      const whole = wholeAt.get(key)
      if (whole !== undefined) wholeAt.set(key, whole - everyMs)
    },
    forget(key) {
      wholeAt.delete(key)
    },
  }
}

const unlimited: RateLimiter = { take() {}, giveBack() {}, forget() {} }

/** Problem 429, which says when to come again. */
export function tooMany(waitMs: number): Problem {
  const seconds = Math.max(Math.ceil(waitMs / 1000), 1)
  return new Problem(429, `There were too many requests. Try again in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  })
}

/** Limits how often each source may ask for anything but the service's health; before the request is read any further. */
export function limitRequests(http: Http, limiter: RateLimiter): void {
  http.addHook('onRequest', async ({ ip, routeOptions: { url = '' } }) => {
    if (!unlimitedRoutes.includes(url)) limiter.take(sourceOf(ip))
  })
}

const unlimitedRoutes = ['/livez', '/readyz', '/metrics']

/**
 * Who is behind an address, for limits: an IPv4 address, or the /64 of an IPv6 address, as each customer has at least
 * one of these for themselves. What is no address at all counts as one source.
 */
export function sourceOf(ip: string): string {
  if (isIPv4(ip)) return ip
  const address = ip.replace(/%.*$/, '')
  if (isIP(address) === 0) return 'unknown'
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain)
  return mapped ? quad(mapped.slice(1).map((part) => Number.parseInt(part, 16))) : `${firstHalf(plain)}::/64`
}

const quad = (parts: readonly number[]): string => parts.flatMap((part) => [part >> 8, part & 0xff]).join('.')

function firstHalf(address: string): string {
  const [left = '', right] = address.split('::')
  const before = left === '' ? [] : left.split(':')
  const after = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...new Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':')
}
