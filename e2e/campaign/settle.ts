/** Waits until what may only be late is there, or can no longer be called late, and then for what may come too often. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, isPending } from './account.ts'

export interface Settling {
  readonly look: () => Promise<Account>
  /** Nothing has moved for so long: what is missing is lost. */
  readonly patienceMs: number
  /** Between two looks. */
  readonly lookMs: number
  /** From the first look at which nothing is late to the last: what comes twice may come late. */
  readonly quietMs: number
  readonly say: (text: string) => void
  /** It looks no more. */
  readonly signal: AbortSignal
}

export interface Settled {
  /** Of the last look. */
  readonly account: Account
  /** When it waited for nothing more but what comes twice, by `performance.now()`. */
  readonly drainedAt: number
}

export async function settle(settling: Settling): Promise<Settled> {
  const { quietMs, say, signal } = settling
  let account = await insistently(settling)
  for (;;) {
    account = await workOff(account, settling)
    const drainedAt = performance.now()
    if (isPending(account) || signal.aborted) return { account, drainedAt }
    say('nothing is late: waiting for what may come twice')
    await sleep(quietMs, undefined, { signal }).catch(() => {})
    account = await insistently(settling)
    if (!isPending(account)) return { account, drainedAt }
  }
}

async function workOff(first: Account, settling: Settling): Promise<Account> {
  const { patienceMs, lookMs, say, signal } = settling
  let account = first
  let movedAt = performance.now()
  while (isPending(account) && performance.now() < movedAt + patienceMs && !signal.aborted) {
    say(`working off: ${account.lost.length} not there yet, still on their way: ${account.stuck.join(', ') || 'none'}`)
    await sleep(lookMs)
    const next = await insistently(settling)
    if (JSON.stringify([next.lost, next.stuck]) !== JSON.stringify([account.lost, account.stuck])) {
      movedAt = performance.now()
    }
    account = next
  }
  return account
}

/** On a busy machine a book may be closed for a while. */
async function insistently({ look, lookMs }: Settling): Promise<Account> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await look()
    } catch (error) {
      if (tries >= 20) throw error
    }
    await sleep(lookMs)
  }
}
