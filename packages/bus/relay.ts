/** The relay: takes a broker's messages out of the outbox, in order, and lets go of each when the broker holds it. */
import { createBell } from './bell.ts'
import type { Broker } from './brokers.ts'
import type { Engine } from './engine.ts'
import { type Code, PublishError } from './errors.ts'
import { leaseOf } from './lease.ts'
import type { Outbox, TakenRow } from './outbox.ts'
import type { Tx } from './store.ts'

export interface Relay {
  /** Something was added to the outbox. */
  wake(): void
  /** Sends what is there while the broker takes it, then stops; at the deadline it stops all the same. */
  stop(deadline: AbortSignal): Promise<void>
  /** Why the last batch could not be sent whole; undefined when it could. */
  trouble(): string | undefined
}

/** A relay that dies is followed by another process within this time. */
const leaseMs = 2_000
/** The net below the store's watch, which tells of commits by others much sooner. */
const pollMs = 1_000
/** A process in whose stead another relays looks no more often than this. */
const followMs = 100
/** How soon it is looked again for messages that a running transaction holds up, and after how long a person is told. */
const heldUpMs = 10
const tellHeldUpMs = 10_000
const firstPauseMs = 50
const longestPauseMs = 2_000

/** The places at the broker of what is published. */
export interface PublishedPlaces {
  readonly made: Promise<void>
  /** Makes them once more, where the broker has lost them; false for a topic that is not ours any more. */
  makeAgain(topic: string): Promise<boolean>
}

/** Sends nothing before its places are made: a broker that does not know a topic refuses it, or forgets. */
export function startRelay(engine: Engine, outbox: Outbox, broker: Broker, places: PublishedPlaces): Relay {
  const { store, ports, log, tracker, telemetry } = engine
  const { name, transport, carries } = broker
  const bell = createBell(ports)
  const lease = leaseOf(engine.sql, `relay ${name}`, ports.id())
  let trouble: string | undefined
  let pauseMs = 0
  let leasedUntil = 0
  let takenUntil = 0
  let heldUpSince: number | undefined
  let told = false
  let stopping = false
  let placed = false
  const leaving = new AbortController()
  const stopped = new AbortController()
  const ended = loop()
  void places.made.then(() => {
    placed = true
    bell.ring()
  })

  return {
    wake: bell.ring,
    trouble: () => trouble,
    async stop(deadline) {
      stopping = true
      leaving.abort()
      const stopNow = () => {
        stopped.abort()
        bell.ring()
      }
      if (deadline.aborted) stopNow()
      deadline.addEventListener('abort', stopNow)
      bell.ring()
      await ended
      deadline.removeEventListener('abort', stopNow)
      await store.transaction((tx) => lease.release(tx)).catch(() => undefined) // else it lapses by itself
    },
  }

  async function loop(): Promise<void> {
    let batch: readonly TakenRow[] = []
    while (!placed && !stopping) await bell.wait(pollMs)
    if (!placed) return
    while (!stopped.signal.aborted) {
      try {
        if (batch.length === 0) batch = await takeFirst()
        if (batch.length > 0) batch = await sendAndTakeNext(batch)
        else if (heldUpSince !== undefined) await waitBehind(heldUpSince)
        else if (stopping) return
        else if (takenUntil > ports.now()) await waitForLease()
        else await bell.wait(pollMs)
      } catch (error) {
        batch = []
        failed(`relay to ${name}: the outbox cannot be worked on`, error)
      }
      // Not by the bell: while the broker is away, every commit of the service would ring it.
      if (pauseMs > 0) await ports.sleep(pauseMs, stopped.signal)
    }
  }

  /** Looks without a lock first: an idle service writes nothing, and neither does one that another relays for. */
  async function takeFirst(): Promise<readonly TakenRow[]> {
    const { waiting, heldUp } = await store.read(async (tx) => {
      takenUntil = await lease.takenUntil(tx, ports.now())
      if (takenUntil > 0) return { waiting: [], heldUp: false }
      const waiting = await outbox.take(tx, carries)
      return { waiting, heldUp: waiting.length === 0 && (await outbox.isHeldUp(tx)) }
    })
    heldUpSince = heldUp ? (heldUpSince ?? ports.now()) : undefined
    const leased = leasedUntil - ports.now() > leaseMs / 2
    return waiting.length === 0 || leased ? waiting : store.transaction((tx) => takeUnderLease(tx))
  }

  /** Not by the bell: whoever holds the lease is at work, and each of its commits would ring. */
  async function waitForLease(): Promise<void> {
    const ms = Math.max(followMs, Math.min(leaseMs, takenUntil - ports.now()))
    await ports.sleep(ms, leaving.signal)
  }

  /** The longer it takes, the more rarely it is looked. */
  async function waitBehind(since: number): Promise<void> {
    const ms = ports.now() - since
    if (ms >= tellHeldUpMs && !told) {
      const why = 'a transaction that runs for long on the database server holds up what is to be sent'
      log({ level: 'warn', message: `relay to ${name}: ${why}` })
    }
    told = ms >= tellHeldUpMs
    await ports.sleep(Math.max(heldUpMs, Math.min(pollMs, ms / 10)), stopped.signal)
  }

  async function takeUnderLease(tx: Tx): Promise<readonly TakenRow[]> {
    const now = ports.now()
    if (leasedUntil - now <= leaseMs / 2) {
      if (!(await lease.hold(tx, now, now + leaseMs))) return []
      leasedUntil = now + leaseMs
    }
    return outbox.take(tx, carries)
  }

  async function sendAndTakeNext(batch: readonly TakenRow[]): Promise<readonly TakenRow[]> {
    for (const { topic, id } of batch) tracker.sent(topic, id)
    ports.crash('relay.taken')
    const { doubtful, refused } = await publish(batch)
    ports.crash('relay.published')
    const next = await store.transaction(async (tx) => {
      await mark(tx, batch, doubtful, refused)
      return doubtful.size === 0 ? takeUnderLease(tx) : []
    })
    ports.crash('relay.marked')
    telemetry.sent(batch, doubtful.size + refused.size)
    return next
  }

  async function publish(batch: readonly TakenRow[]) {
    try {
      await transport.publish(batch)
      succeeded()
      return { doubtful: new Set<string>(), refused: new Map<string, Code>() }
    } catch (error) {
      const known = error instanceof PublishError
      const doubtful = new Set(known ? error.doubtful : batch.map(({ id }) => id))
      const refused = new Map(known ? error.refused.map(({ id, code }) => [id, code]) : [])
      await keepHomeless(batch, doubtful, refused)
      if (doubtful.size > 0)
        failed(`relay to ${name}: ${doubtful.size} of ${batch.length} messages are not sent yet`, error)
      else succeeded()
      for (const [id, code] of refused) {
        log({ level: 'error', message: `${name} refused a message (${code}): it is set aside`, id, error })
      }
      return { doubtful, refused }
    }
  }

  /** A topic of ours that the broker has lost is made again, and its messages are sent again. */
  async function keepHomeless(
    batch: readonly TakenRow[],
    doubtful: Set<string>,
    refused: Map<string, Code>,
  ): Promise<void> {
    for (const { id, topic } of batch) {
      if (refused.get(id) !== 'UNKNOWN_TOPIC' || !(await places.makeAgain(topic))) continue
      refused.delete(id)
      doubtful.add(id)
    }
  }

  async function mark(
    tx: Tx,
    batch: readonly TakenRow[],
    doubtful: ReadonlySet<string>,
    refused: ReadonlyMap<string, Code>,
  ): Promise<void> {
    const sent = batch.filter(({ id }) => !doubtful.has(id) && !refused.has(id))
    await outbox.removeSent(
      tx,
      sent.map(({ pos }) => pos),
    )
    for (const { pos, id } of batch) {
      const code = refused.get(id)
      if (code) await outbox.setAside(tx, pos, code)
    }
  }

  function succeeded(): void {
    if (trouble) log({ level: 'info', message: `relay to ${name}: messages are taken again` })
    trouble = undefined
    pauseMs = 0
  }

  function failed(what: string, error: unknown): void {
    if (!trouble) log({ level: 'warn', message: `${what}; it is tried again until it succeeds`, error })
    trouble = what
    pauseMs = Math.min(longestPauseMs, pauseMs === 0 ? firstPauseMs : pauseMs * 2)
  }
}
