/** What becomes of a message whose handler failed: a pure function of its error, its attempts and its contract. */
import type { RetryPolicy } from './contract.ts'
import { hasCode } from './errors.ts'

export type Decision = Again | Dead
export interface Again {
  readonly state: 'held'
  readonly afterMs: number
}
export interface Dead {
  readonly state: 'dead'
  readonly reason: string
}

export interface Failure {
  readonly error: unknown
  /** Starts that ended in an error, this one included: from 1. */
  readonly attempts: number
  readonly expires: number | undefined
  readonly now: number
}

/**
 * Again later, or dead. Delays double from the first, up to the largest, each shortened by up to half by chance, so
 * that messages which failed together do not come back together. Nothing is tried past its life.
 */
export function decide(
  failure: Failure,
  policy: RetryPolicy,
  uncertain: 'repeat' | 'dead',
  random: () => number,
): Decision {
  const { error, attempts, expires, now } = failure
  if (hasCode(error, 'PERMANENT')) return dead('permanent error')
  if (hasCode(error, 'INVALID_PAYLOAD')) return dead('wrong schema')
  if (hasCode(error, 'UNCERTAIN') && uncertain === 'dead') return dead('uncertain')
  if (attempts >= policy.attempts) return dead(`${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} failed`)
  const afterMs = delayMs(attempts, policy, random)
  if (expires !== undefined && now + afterMs >= expires) return dead('expired')
  return { state: 'held', afterMs }
}

function delayMs(attempts: number, policy: RetryPolicy, random: () => number): number {
  const full = Math.min(policy.firstDelayMs * 2 ** (attempts - 1), policy.maxDelayMs)
  return Math.round(full * (1 - random() / 2))
}

function dead(reason: string): Dead {
  return { state: 'dead', reason }
}

/** Whether a dead letter keeps its key's later messages behind it. One that only came too late never does. */
export function parks(afterDead: 'continue' | 'park', reason: string): boolean {
  return afterDead === 'park' && reason !== 'expired'
}
