/** One start of a held message: claim it, run it, end it. Every ending checks that the claim is still its own. */
import { isUndecided } from './deliver.ts'
import type { Engine } from './engine.ts'
import { BusError, hasCode } from './errors.ts'
import { describeFailure } from './failure.ts'
import type { EffectHandler, MessageFacts, OnHandler } from './handler.ts'
import type { HeldRow, Inbox, Verdict } from './inbox.ts'
import type { RowRef } from './inbox-rows.ts'
import type { Candidate } from './inbox-search.ts'
import type { Place } from './place.ts'
import { decide, parks } from './policy.ts'
import { handleIn } from './publish.ts'
import type { Tx } from './store.ts'
import { decode } from './wire.ts'

/** A third start is made alone, and the third such start that kills its process is the last. */
const soloFromStart = 3
const mostAlone = 3

/** How long a start of an `on` handler is claimed: its transaction takes a second at most. */
const onClaimMs = 5_000

/** What a start came to. `again`: nothing was tried, look again soon. */
export type RunOutcome = 'done' | 'held' | 'dead' | 'again' | 'gone'

interface Claimed {
  readonly row: HeldRow
  readonly token: string
  readonly until: number
}

/** Starts a held message once, if it may run now. Never rejects for what its handler does. */
export function heldRunner(engine: Engine, inbox: Inbox, place: Place): (candidate: Candidate) => Promise<RunOutcome> {
  const { store, ports, gate, tracker, telemetry, publish } = engine
  const { contract, handler } = place
  const claimMs = handler.kind === 'effect' ? handler.claimMs : onClaimMs

  return async (candidate) => {
    const solo = isSolo(candidate)
    // The gate is taken before the claim, so that waiting for it does not use the claim's time.
    const outcome = await (solo ? gate.alone : gate.shared)(() => start(candidate, solo))
    if (outcome === 'done' || outcome === 'dead') tracker.ended(candidate)
    return outcome
  }

  async function start(candidate: Candidate, solo: boolean): Promise<RunOutcome> {
    const claimed = await store.transaction((tx) => claim(tx, candidate, solo))
    if (typeof claimed === 'string') return claimed
    ports.crash('runner.claimed')
    const outcome = await telemetry.handling(place, claimed.row.headers, () =>
      handler.kind === 'effect' ? runEffect(handler, claimed) : runOn(handler, claimed),
    )
    ports.crash('runner.ended')
    return outcome
  }

  /** Judges the row again under its lock, and commits the start before it is made. */
  async function claim(tx: Tx, candidate: Candidate, solo: boolean): Promise<Claimed | RunOutcome> {
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
    const end = judgeClaim(row, lapsed, now)
    if (end) {
      await inbox.fail(tx, row, { ...end, attempts: row.attempts, doubt: lapsed, failure: undefined }, now)
      return 'dead'
    }
    const token = ports.id()
    const until = now + claimMs
    await inbox.claim(tx, row, { token, until, alone: solo, lapsed })
    return { row, token, until }
  }

  function judgeClaim(row: HeldRow, lapsed: boolean, now: number): Pick<Verdict, 'decision' | 'parks'> | undefined {
    if (isExpired(row, now)) return dead('expired')
    if (row.alone >= mostAlone) return dead('crash')
    if (lapsed && contract.uncertain === 'dead') return dead('uncertain')
    return undefined
  }

  async function runOn(on: OnHandler, claimed: Claimed): Promise<RunOutcome> {
    const { row, token } = claimed
    try {
      const payload = await readPayload(row)
      return await store.transaction(async (tx) => {
        if (!(await stillOurs(tx, row, token))) return 'gone'
        if (isExpired(row, ports.now())) {
          await inbox.unclaim(tx, row)
          return 'again'
        }
        await handleIn(publish, on, payload, tx, factsOf(row))
        ports.crash('runner.handled')
        await inbox.finish(tx, row, ports.now())
        return 'done'
      })
    } catch (error) {
      return isUndecided(error) ? letGo(claimed) : failed(claimed, error)
    }
  }

  async function runEffect(effect: EffectHandler, claimed: Claimed): Promise<RunOutcome> {
    const { row, until } = claimed
    // A claim that was long in coming leaves too little time to act safely inside it, or none of the message's life.
    if (until - ports.now() < claimMs / 2 || isExpired(row, ports.now())) return letGo(claimed)
    try {
      const payload = await readPayload(row)
      await act(effect, payload, claimed)
    } catch (error) {
      return failed(claimed, error)
    }
    ports.crash('runner.acted')
    return finishEffect(claimed)
  }

  async function act(effect: EffectHandler, payload: unknown, { row, until }: Claimed): Promise<void> {
    const over = new AbortController()
    const acted = new AbortController()
    const timer = ports.sleep(until - ports.now(), acted.signal).then(() => over.abort())
    try {
      const context = { idempotencyKey: idempotencyKey(row), signal: over.signal, message: factsOf(row) }
      await effect.act(payload, context)
    } finally {
      acted.abort()
      await timer
    }
  }

  /** It happened: the mark is tried again until the claim's time is over; after that the outcome is uncertain. */
  async function finishEffect(claimed: Claimed): Promise<RunOutcome> {
    const { row, token, until } = claimed
    for (;;) {
      try {
        return await store.transaction(async (tx) => {
          if (!(await stillOurs(tx, row, token))) return 'gone'
          await inbox.finish(tx, row, ports.now())
          return 'done'
        })
      } catch (error) {
        if (!isUndecided(error)) throw error
        if (ports.now() >= until || hasCode(error, 'STORE_CLOSED')) return 'held'
        await ports.sleep(100)
      }
    }
  }

  async function failed({ row, token }: Claimed, error: unknown): Promise<RunOutcome> {
    const attempts = row.attempts + 1
    const now = ports.now()
    const decision = decide(
      { error, attempts, expires: row.forced ? undefined : row.expires, now },
      contract.retry,
      contract.uncertain,
      ports.random,
    )
    const verdict = {
      decision,
      parks: decision.state === 'dead' && parks(contract.afterDead, decision.reason),
      attempts,
      doubt: handler.kind === 'effect' && hasCode(error, 'UNCERTAIN'),
      failure: describeFailure(error),
    }
    return store.transaction<RunOutcome>(async (tx) => {
      if (!(await stillOurs(tx, row, token))) return 'gone'
      await inbox.fail(tx, row, verdict, now)
      return decision.state
    })
  }

  /** Nothing was tried, or nobody knows: the claim ends, and no attempt is counted. */
  async function letGo({ row, token }: Claimed): Promise<RunOutcome> {
    return store.transaction<RunOutcome>(async (tx) => {
      if (await stillOurs(tx, row, token)) await inbox.unclaim(tx, row)
      return 'again'
    })
  }

  async function stillOurs(tx: Tx, ref: RowRef, token: string): Promise<boolean> {
    const row = await inbox.get(tx, ref)
    return row?.state === 'held' && row.token === token
  }

  /** Reads the body again: it may have been edited since it arrived. */
  async function readPayload(row: HeldRow): Promise<unknown> {
    const message = { id: row.id, headers: row.headers, body: row.body, ...(row.key !== undefined && { key: row.key }) }
    const { payload, defect } = await decode(contract, message, ports.now(), ports.id)
    if (defect) throw defect.error.code === 'INVALID_PAYLOAD' ? defect.error : toPermanent(defect.error)
    return payload
  }

  function factsOf(row: HeldRow): MessageFacts {
    const { topic, group, source, id, key, published, attempts } = row
    return { topic, group, source, id, key, time: published, attempt: attempts + 1 }
  }

  function dead(reason: string): Pick<Verdict, 'decision' | 'parks'> {
    return { decision: { state: 'dead', reason }, parks: parks(contract.afterDead, reason) }
  }
}

const isSolo = ({ starts }: { readonly starts: number }) => starts + 1 >= soloFromStart

const isExpired = ({ expires, forced }: HeldRow, now: number) => expires !== undefined && expires <= now && !forced

/** The same for every repeat of an effect, and another after an edit. */
function idempotencyKey({ topic, group, source, id, edited }: HeldRow): string {
  return [topic, group, source, id, ...(edited > 0 ? [`edit-${edited}`] : [])].join('/')
}

const toPermanent = (error: BusError) => new BusError('PERMANENT', error.message, { cause: error })
