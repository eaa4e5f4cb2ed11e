/** The heart: what happens to a message that the broker hands out, until the broker may forget it. */
import type { Engine } from './engine.ts'
import { hasCode } from './errors.ts'
import { describeFailure } from './failure.ts'
import { handleTogether, type Plain } from './handle-together.ts'
import type { MessageFacts, OnHandler } from './handler.ts'
import type { Inbox, Waiting } from './inbox.ts'
import type { RowRef } from './inbox-rows.ts'
import type { Candidate } from './inbox-search.ts'
import { laneOf, type Place } from './place.ts'
import { type Decision, decide, parks } from './policy.ts'
import { handleIn } from './publish.ts'
import type { Room } from './room.ts'
import type { Tx } from './store.ts'
import type { Deliver, Incoming } from './transport.ts'
import { type Arrival, decode } from './wire.ts'

/** Hears of each message that is held and could run now. */
export type OnReady = (candidate: Candidate) => void

/**
 * Delivers to one place. Resolves when the message is marked in the inbox, in the same transaction as its effect or as
 * the row in which it waits. Rejects, so that it comes again, only while nobody can know what became of it.
 */
export function deliverTo(engine: Engine, inbox: Inbox, place: Place, room: Room, onReady: OnReady): Deliver {
  const { store, ports, gate, tracker, telemetry, publish } = engine
  // In SQLite a statement is a call, and sharing them would gain nothing.
  const together =
    engine.sql.dialect === 'postgres' && place.handler.kind === 'on'
      ? handleTogether<Taken, Outcome>(engine, place, { isPlain, alone: takeIn, failed: takeFailed })
      : undefined

  return async (message, signal) => {
    const arrival = await decode(place.contract, message, ports.now(), ports.id)
    const ref = { topic: place.topic, group: place.group, source: arrival.source, id: arrival.id }
    await room.enter(ref, signal)
    telemetry.lag(place, ports.now() - arrival.time)
    await telemetry.handling(place, message.headers, async () => {
      const outcome = await gate.shared(() => take(message, arrival, ref))
      if (outcome === 'ready' || outcome === 'held') room.took()
      else tracker.ended(ref)
      if (outcome === 'ready') onReady({ ...ref, lane: laneOf(place, arrival.key), starts: 0 })
      return outcome
    })
  }

  function take(message: Incoming, arrival: Arrival, ref: RowRef): Promise<Outcome> {
    const { payload } = arrival
    const taken = {
      ...ref,
      message,
      arrival,
      ref,
      payload,
      lane: laneOf(place, arrival.key),
      facts: factsOf(arrival, ref),
    }
    return together && isPlain(taken) ? together(taken) : takeIn(taken)
  }

  function isPlain({ message, arrival }: Taken): boolean {
    return judge(engine, place, message, arrival, ports.now()) === undefined
  }

  async function takeIn(taken: Taken): Promise<Outcome> {
    const { message, arrival, ref } = taken
    const attempt = { made: false }
    try {
      const outcome = await store.transaction((tx) => handleOnce(tx, message, arrival, ref, attempt))
      ports.crash('deliver.committed')
      return outcome
    } catch (error) {
      // That it took too long before the handler was called says something of the machine alone.
      if (!attempt.made && hasCode(error, 'TX_TOO_SLOW')) throw error
      return await takeFailed(taken, error)
    }
  }

  /** Nothing of it was written. */
  async function takeFailed({ message, arrival, ref }: Taken, error: unknown): Promise<Outcome> {
    if (isUndecided(error)) throw error
    ports.crash('deliver.failed')
    // Kept in our own database before the broker lets go of it: a crash here repeats, never loses.
    const outcome = await store.transaction((tx) => keepFailed(tx, message, arrival, ref, error))
    ports.crash('deliver.held')
    return outcome
  }

  async function handleOnce(
    tx: Tx,
    message: Incoming,
    arrival: Arrival,
    ref: RowRef,
    attempt: { made: boolean },
  ): Promise<Outcome> {
    attempt.made = false
    const now = ports.now()
    const lane = laneOf(place, arrival.key)
    const verdict = judge(engine, place, message, arrival, now)
    // Sent at once, and done one after the other.
    const [, inTheWay] = await Promise.all([
      inbox.lock(tx, place, lane),
      verdict?.state !== 'dead' && inbox.blocked(tx, place, lane, Number.MAX_SAFE_INTEGER),
    ])
    const blocked = inTheWay === true
    if (verdict || blocked) {
      const waits = verdict ?? heldNow(now)
      const row = { ...waitingRow(place, message, arrival, ref), ...waits, parks: parksFor(waits) }
      if (!(await inbox.addWaiting(tx, row, now))) return 'known'
      return waits.state === 'held' && !blocked && !waits.delayed ? 'ready' : waits.state
    }
    if (!(await inbox.addDone(tx, ref, now))) return 'known'
    ports.crash('deliver.marked')
    const facts = { ...ref, key: arrival.key, time: arrival.time, attempt: 1 }
    attempt.made = true
    await handleIn(publish, place.handler as OnHandler, arrival.payload, tx, facts)
    ports.crash('deliver.handled')
    return 'done'
  }

  async function keepFailed(
    tx: Tx,
    message: Incoming,
    arrival: Arrival,
    ref: RowRef,
    error: unknown,
  ): Promise<Outcome> {
    const now = ports.now()
    const { retry, uncertain } = place.contract
    const decision = decide({ error, attempts: 1, expires: arrival.expires, now }, retry, uncertain, ports.random)
    const row = {
      ...waitingRow(place, message, arrival, ref),
      ...toWaits(decision, now),
      parks: parksFor(toWaits(decision, now)),
      attempts: 1,
      failure: describeFailure(error),
    }
    await inbox.lock(tx, place, row.lane)
    return (await inbox.addWaiting(tx, row, now)) ? decision.state : 'known'
  }

  function parksFor(waits: Waits): boolean {
    return waits.state === 'dead' && parks(place.contract.afterDead, waits.reason ?? '')
  }
}

const factsOf = ({ key, time }: Arrival, ref: RowRef): MessageFacts => ({ ...ref, key, time, attempt: 1 })

/** A message as it is taken in. */
interface Taken extends Plain {
  readonly message: Incoming
  readonly arrival: Arrival
  readonly ref: RowRef
}

/** `ready`: held, and it could run now. `known`: the inbox had it already. */
export type Outcome = 'done' | 'ready' | 'held' | 'dead' | 'known'

type Waits = Pick<Waiting, 'state' | 'due' | 'reason' | 'delayed'>

function toWaits(decision: Decision, now: number): Waits {
  return decision.state === 'held'
    ? { state: 'held', due: now + decision.afterMs, reason: null, delayed: false }
    : dead(decision.reason)
}

const heldNow = (now: number): Waits => ({ state: 'held', due: now, reason: null, delayed: false })

const dead = (reason: string): Waits => ({ state: 'dead', due: null, reason, delayed: false })

/** Why the handler must not run for it now, if anything says so before the inbox is asked. */
function judge(engine: Engine, place: Place, message: Incoming, arrival: Arrival, now: number): Waits | undefined {
  if (arrival.defect) return dead(arrival.defect.reason)
  if (arrival.expires !== undefined && arrival.expires <= now) return dead('expired')
  // The inbox may have forgotten it: only what certainly was not handed out before may still take effect.
  const repeatable = message.redelivered || engine.brokers.of(place.topic).transport.traits.retainsHistory
  if (repeatable && arrival.time < now - engine.rememberMs) return dead('too old to deduplicate')
  if (arrival.notBefore !== undefined && arrival.notBefore > now) {
    return { state: 'held', due: arrival.notBefore, reason: null, delayed: true }
  }
  // An effect needs a claim first, and what may have killed a process before needs its starts counted: the runner's work.
  return place.handler.kind === 'effect' || message.redelivered ? heldNow(now) : undefined
}

function waitingRow(
  place: Place,
  message: Incoming,
  arrival: Arrival,
  ref: RowRef,
): Omit<Waiting, keyof Waits | 'parks'> {
  return {
    ...ref,
    lane: laneOf(place, arrival.key),
    key: arrival.key,
    attempts: 0,
    // No code of the application threw it, so there is no place in it to show.
    failure: arrival.defect && { ...describeFailure(arrival.defect.error), errorFrame: null },
    headers: message.headers,
    body: message.body,
    expires: arrival.expires,
    published: arrival.time,
    secret: place.contract.secret,
    origin: message.at,
  }
}

/** Errors after which nobody knows, or everybody knows that nothing was written: the message is handed back. */
export function isUndecided(error: unknown): boolean {
  return hasCode(error, 'COMMIT_UNKNOWN', 'COMMIT_FAILED', 'LOCK_TIMEOUT', 'TX_LOST', 'DISK_FULL', 'STORE_CLOSED')
}
