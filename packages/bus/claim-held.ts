/**
 * Claims on held messages: each is judged again under its lock, and its start is committed before it is made. What
 * merely queued behind another is claimed along with it, or in the transaction that ends what was before it.
 */
import type { Engine } from './engine.ts'
import type { HeldRow, Inbox, Verdict } from './inbox.ts'
import type { Candidate } from './inbox-search.ts'
import type { Place } from './place.ts'
import { parks } from './policy.ts'
import type { RunOutcome } from './run-held.ts'
import type { Tx } from './store.ts'

/** A third start is made alone, and the third such start that kills its process is the last. */
const soloFromStart = 3
const mostAlone = 3

/** How long a start of an `on` handler is claimed: its transaction takes a second at most. */
const onClaimMs = 5_000

/** Messages of one lane that are claimed together, and the bytes at which no more are added. */
const mostTogether = 16
const mostBytes = 256 * 1024

export interface Claimed {
  readonly row: HeldRow
  readonly token: string
  readonly until: number
}

export interface Claims {
  readonly claimMs: number
  /** Claims the message, and what may run right behind it; or says why it may not be started. */
  first(tx: Tx, candidate: Candidate, solo: boolean): Promise<readonly Claimed[] | RunOutcome>
  /** Claims what comes next in the lane, as far as nothing about it needs a closer look. */
  next(tx: Tx, lane: string): Promise<readonly Claimed[]>
}

export function claimsOf({ ports }: Engine, inbox: Inbox, place: Place): Claims {
  const { contract, handler } = place
  const claimMs = handler.kind === 'effect' ? handler.claimMs : onClaimMs
  // Each effect is claimed by itself, as a claim that lapses is a doubt about it.
  const together = handler.kind === 'effect' ? 1 : mostTogether

  return { claimMs, first: claim, next: (tx, lane) => claimBehind(tx, lane, [], 0) }

  async function claim(tx: Tx, candidate: Candidate, solo: boolean): Promise<readonly Claimed[] | RunOutcome> {
    await inbox.lock(tx, candidate, candidate.lane)
    const now = ports.now()
    const row = await inbox.get(tx, candidate)
    if (row?.state !== 'held') return 'gone'
    if (row.due > now) return 'held'
    if (row.delayed) {
      await inbox.takePlace(tx, row)
      return 'again'
    }
    if (await inbox.blocked(tx, place, row.lane, row.pos)) return 'held'
    if ((row.until ?? 0) > now || (await inbox.laneClaimed(tx, place, row.lane, now))) return 'held'
    if (isSolo(row) !== solo) return 'again'
    const lapsed = row.token !== null && handler.kind === 'effect'
    const end = judge(row, lapsed, now)
    if (end) {
      await inbox.fail(tx, row, { ...end, attempts: row.attempts, doubt: lapsed, failure: undefined }, now)
      return 'dead'
    }
    const first = await take(tx, row, now, solo, lapsed)
    // One whose start may have killed a process takes no others with it.
    return row.lane === null || row.starts > 0 ? [first] : claimBehind(tx, row.lane, [first], row.pos)
  }

  async function claimBehind(
    tx: Tx,
    lane: string,
    before: readonly Claimed[],
    after: number,
  ): Promise<readonly Claimed[]> {
    const now = ports.now()
    const claimed = [...before]
    let bytes = claimed.reduce((sum, { row }) => sum + row.body.length, 0)
    if (claimed.length === 0 && (await inbox.laneClaimed(tx, place, lane, now))) return claimed
    while (claimed.length < together && bytes < mostBytes) {
      const row = await inbox.nextInLane(tx, place, lane, claimed.at(-1)?.row.pos ?? after)
      if (!row || !isPlain(row, now)) break
      claimed.push(await take(tx, row, now, false, false))
      bytes += row.body.length
    }
    return claimed
  }

  async function take(tx: Tx, row: HeldRow, now: number, alone: boolean, lapsed: boolean): Promise<Claimed> {
    const token = ports.id()
    const until = now + claimMs
    await inbox.claim(tx, row, { token, until, alone, lapsed })
    return { row, token, until }
  }

  function judge(row: HeldRow, lapsed: boolean, now: number): Pick<Verdict, 'decision' | 'parks'> | undefined {
    if (isExpired(row, now)) return dead('expired')
    if (row.alone >= mostAlone) return dead('crash')
    if (lapsed && contract.uncertain === 'dead') return dead('uncertain')
    return undefined
  }

  function dead(reason: string): Pick<Verdict, 'decision' | 'parks'> {
    return { decision: { state: 'dead', reason }, parks: parks(contract.afterDead, reason) }
  }
}

export const isSolo = ({ starts }: { readonly starts: number }): boolean => starts + 1 >= soloFromStart

export const isExpired = ({ expires, forced }: HeldRow, now: number): boolean =>
  expires !== undefined && expires <= now && !forced

/** Due, never started without an end, and within its life: it may simply run. */
const isPlain = (row: HeldRow, now: number) =>
  row.state === 'held' && row.due <= now && row.token === null && row.starts === 0 && !isExpired(row, now)
