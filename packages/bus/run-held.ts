/** Runs held messages under their claims, and what stands behind them in their lane. Every ending checks that the claim is still its own. */
import { type Claimed, claimsOf, isExpired, isSolo } from './claim-held.ts'
import { isUndecided } from './deliver.ts'
import type { Engine } from './engine.ts'
import { BusError, hasCode } from './errors.ts'
import { describeFailure } from './failure.ts'
import type { EffectHandler, MessageFacts, OnHandler } from './handler.ts'
import type { HeldRow, Inbox } from './inbox.ts'
import type { Candidate } from './inbox-search.ts'
import type { Place } from './place.ts'
import { decide, parks } from './policy.ts'
import { handleIn } from './publish.ts'
import type { Tx } from './store.ts'
import { decode } from './wire.ts'

/** What a start came to. `again`: nothing was tried, look again soon. */
export type RunOutcome = 'done' | 'held' | 'dead' | 'again' | 'gone'

/** What became of one message, and what was claimed in the transaction that ended it. */
interface End {
  readonly outcome: RunOutcome
  readonly next: readonly Claimed[]
}

/** A message's place among those that were claimed with it. */
interface Standing {
  readonly first: boolean
  readonly last: boolean
}

type ReadPayload = () => unknown

const none: readonly Claimed[] = []

/**
 * Starts a held message, if it may run now, and goes on with what stands behind it in its lane, while `goesOn`. Answers
 * what the last of them came to. Never rejects for what a handler does.
 */
export function heldRunner(
  engine: Engine,
  inbox: Inbox,
  place: Place,
): (candidate: Candidate, goesOn: () => boolean) => Promise<RunOutcome> {
  const { store, ports, gate, tracker, telemetry, publish } = engine
  const { contract, handler } = place
  const claims = claimsOf(engine, inbox, place)
  const { claimMs } = claims

  return (candidate, goesOn) => {
    const solo = isSolo(candidate)
    // The gate is taken before the claim, so that waiting for it does not use the claim's time.
    return (solo ? gate.alone : gate.shared)(() => start(candidate, solo, () => goesOn() && !gate.isWanted()))
  }

  async function start(candidate: Candidate, solo: boolean, goesOn: () => boolean): Promise<RunOutcome> {
    const first = await store.transaction((tx) => claims.first(tx, candidate, solo))
    if (first === 'dead') tracker.ended(candidate)
    if (typeof first === 'string') return first
    for (let claimed = first; ; ) {
      ports.crash('runner.claimed')
      const ends = await runAll(claimed, goesOn)
      ports.crash('runner.ended')
      claimed = ends.at(-1)?.next ?? none
      if (claimed.length === 0) return ends.find(({ outcome }) => outcome !== 'done')?.outcome ?? 'done'
    }
  }

  /** Runs what was claimed together, in its order: a store runs works in the order in which they are asked for. */
  async function runAll(claimed: readonly Claimed[], goesOn: () => boolean): Promise<readonly End[]> {
    const payloads = await Promise.all(claimed.map(({ row }) => readPayload(row)))
    const running = claimed.map((one, i) => {
      const at = { first: i === 0, last: i === claimed.length - 1 }
      return run(one, payloads[i] as ReadPayload, at, goesOn)
    })
    const ends = await Promise.allSettled(running)
    const failed = ends.find((end) => end.status === 'rejected')
    const ended = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
    if (failed === undefined) return ended
    await letGoAll(ended.flatMap(({ next }) => next))
    throw failed.reason
  }

  async function run(claimed: Claimed, payload: ReadPayload, at: Standing, goesOn: () => boolean): Promise<End> {
    const { row } = claimed
    let next = none
    const handling = telemetry.handling(place, row.headers, async () => {
      const nextIn = async (tx: Tx) => {
        next = at.last && row.lane !== null && goesOn() ? await claims.next(tx, row.lane) : none
      }
      return handler.kind === 'effect'
        ? runEffect(handler, claimed, payload, nextIn)
        : runOn(handler, claimed, payload, at, nextIn)
    })
    const outcome = await handling.catch(async (error: unknown) => {
      await letGoAll(next)
      throw error
    })
    // A commit in doubt may have claimed them.
    if (outcome !== 'done') await letGoAll(next)
    if (outcome === 'done' || outcome === 'dead') tracker.ended(row)
    return { outcome, next: outcome === 'done' ? next : none }
  }

  async function runOn(
    on: OnHandler,
    claimed: Claimed,
    payload: ReadPayload,
    { first }: Standing,
    nextIn: (tx: Tx) => Promise<void>,
  ): Promise<RunOutcome> {
    const { row, token } = claimed
    try {
      return await store.transaction(async (tx) => {
        await inbox.lock(tx, row, row.lane)
        if (!(await inbox.isClaimed(tx, row, token))) return 'gone'
        // One before it may have failed, and holds it now.
        if (isLate(claimed) || (!first && (await inbox.blocked(tx, place, row.lane, row.pos)))) {
          await inbox.unclaim(tx, row)
          return 'again'
        }
        await handleIn(publish, on, payload(), tx, factsOf(row))
        ports.crash('runner.handled')
        await inbox.finish(tx, row, ports.now())
        await nextIn(tx)
        return 'done'
      })
    } catch (error) {
      return isUndecided(error) ? letGo(claimed) : failed(claimed, error)
    }
  }

  async function runEffect(
    effect: EffectHandler,
    claimed: Claimed,
    payload: ReadPayload,
    nextIn: (tx: Tx) => Promise<void>,
  ): Promise<RunOutcome> {
    if (isLate(claimed)) return letGo(claimed)
    try {
      await act(effect, payload(), claimed)
    } catch (error) {
      return failed(claimed, error)
    }
    ports.crash('runner.acted')
    return finishEffect(claimed, nextIn)
  }

  /** A claim that was long in coming leaves too little time to act safely inside it, or none of the message's life. */
  function isLate({ row, until }: Claimed): boolean {
    return until - ports.now() < claimMs / 2 || isExpired(row, ports.now())
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
  async function finishEffect(claimed: Claimed, nextIn: (tx: Tx) => Promise<void>): Promise<RunOutcome> {
    return end(claimed, async (tx) => {
      await inbox.finish(tx, claimed.row, ports.now())
      await nextIn(tx)
      return 'done'
    })
  }

  async function failed(claimed: Claimed, error: unknown): Promise<RunOutcome> {
    const { row } = claimed
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
    return end(claimed, async (tx) => {
      await inbox.fail(tx, row, verdict, now)
      return decision.state
    })
  }

  /** Nothing was tried, or nobody knows: the claim ends, and no attempt is counted. */
  async function letGo(claimed: Claimed): Promise<RunOutcome> {
    return end(claimed, async (tx) => {
      await inbox.unclaim(tx, claimed.row)
      return 'again'
    })
  }

  /** What was claimed, and is not gone on with here: its lane would wait until the claims lapse. */
  async function letGoAll(claimed: readonly Claimed[]): Promise<void> {
    await Promise.allSettled(claimed.map(letGo))
  }

  /** Ends a claim if it is still ours. Tried again while it lasts: what is left to lapse keeps its lane waiting. */
  async function end(claimed: Claimed, ending: (tx: Tx) => Promise<RunOutcome>): Promise<RunOutcome> {
    const { row, token, until } = claimed
    for (;;) {
      try {
        return await store.transaction(async (tx) => {
          await inbox.lock(tx, row, row.lane)
          return (await inbox.isClaimed(tx, row, token)) ? ending(tx) : 'gone'
        })
      } catch (error) {
        // No handler runs in it: that it took too long says something of the machine alone.
        if (!isUndecided(error) && !hasCode(error, 'TX_TOO_SLOW')) throw error
        if (ports.now() >= until || hasCode(error, 'STORE_CLOSED')) return 'held'
        await ports.sleep(100)
      }
    }
  }

  /** Reads the body again: it may have been edited since it arrived. What is wrong with it comes out when it is asked for. */
  async function readPayload(row: HeldRow): Promise<ReadPayload> {
    const message = { id: row.id, headers: row.headers, body: row.body, ...(row.key !== undefined && { key: row.key }) }
    const { payload, defect } = await decode(contract, message, ports.now(), ports.id)
    const error = defect && (defect.error.code === 'INVALID_PAYLOAD' ? defect.error : toPermanent(defect.error))
    return () => {
      if (error) throw error
      return payload
    }
  }

  function factsOf(row: HeldRow): MessageFacts {
    const { topic, group, source, id, key, published, attempts } = row
    return { topic, group, source, id, key, time: published, attempt: attempts + 1 }
  }
}

/** The same for every repeat of an effect, and another after an edit. */
function idempotencyKey({ topic, group, source, id, edited }: HeldRow): string {
  return [topic, group, source, id, ...(edited > 0 ? [`edit-${edited}`] : [])].join('/')
}

const toPermanent = (error: BusError) => new BusError('PERMANENT', error.message, { cause: error })
