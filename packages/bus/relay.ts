/** The relay: takes a broker's messages out of the outbox, in order, and lets go of each when the broker holds it. */
import { createBell } from './bell.ts'
import type { Broker } from './brokers.ts'
import type { Engine } from './engine.ts'
import { leaseOf } from './lease.ts'
import type { Outbox, TakenRow } from './outbox.ts'
import { isWhole, type Published, type PublishedPlaces, publishBatch } from './publish-batch.ts'

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
/** After how long a person is told of messages that a running transaction holds up. */
const tellHeldUpMs = 10_000
const firstPauseMs = 50
const longestPauseMs = 2_000

/**
 * Sends nothing before its places are made: a broker that does not know a topic refuses it, or forgets. One batch is in
 * flight at a time; while it is, the one before it is marked.
 */
export function startRelay(engine: Engine, outbox: Outbox, broker: Broker, places: PublishedPlaces): Relay {
  const { store, ports, log, tracker, telemetry } = engine
  const { name, carries } = broker
  const bell = createBell(ports)
  const lease = leaseOf(engine.sql, `relay ${name}`, ports.id())
  /** What the broker holds and the table still has as new: it is in no later batch. */
  let unmarked: Published | undefined
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
    while (!placed && !stopping) await bell.wait(pollMs)
    if (!placed) return
    while (!stopped.signal.aborted) {
      try {
        const batch = await take()
        await publishAndMark(batch)
        if (batch.length === 0 && stopping && heldUpSince === undefined) return
        if (batch.length === 0) await waitForMore()
      } catch (error) {
        failed(`relay to ${name}: the outbox cannot be worked on`, error)
      }
      // Not by the bell: while the broker is away, every commit of the service would ring it.
      if (pauseMs > 0) await ports.sleep(pauseMs, stopped.signal)
    }
    if (unmarked) await mark(unmarked).catch(() => undefined) // else it is sent again
  }

  async function take(): Promise<readonly TakenRow[]> {
    if (!(await holdLease())) return []
    const sent = unmarked?.batch.map(({ pos }) => pos) ?? []
    const { batch, heldUp } = await store.read(async (tx) => {
      const batch = await outbox.take(tx, carries, sent)
      return { batch, heldUp: batch.length === 0 && (await outbox.isHeldUp(tx)) }
    })
    heldUpSince = heldUp ? (heldUpSince ?? ports.now()) : undefined
    return batch
  }

  /** Looks without a lock first: an idle service writes nothing, and neither does one that another relays for. */
  async function holdLease(): Promise<boolean> {
    if (leasedUntil - ports.now() > leaseMs / 2) return true
    const waits = await store.read(async (tx) => {
      takenUntil = await lease.takenUntil(tx, ports.now())
      return takenUntil === 0 && (await outbox.waits(tx, carries))
    })
    if (!waits) return false
    const now = ports.now()
    const held = await store.transaction((tx) => lease.hold(tx, now, now + leaseMs))
    if (held) leasedUntil = now + leaseMs
    return held
  }

  /** A batch that was published whole is marked while the next one is published; else the next one must know of it. */
  async function publishAndMark(batch: readonly TakenRow[]): Promise<void> {
    const before = unmarked
    unmarked = undefined // what cannot be marked is sent again
    const [published, marked] = await Promise.allSettled([
      batch.length > 0 ? publish(batch) : undefined,
      before && mark(before),
    ])
    const now = published.status === 'fulfilled' ? published.value : undefined
    if (now && isWhole(now)) unmarked = now
    else if (now) await mark(now)
    for (const one of [published, marked]) if (one.status === 'rejected') throw one.reason
  }

  async function publish(batch: readonly TakenRow[]): Promise<Published> {
    for (const { topic, id } of batch) tracker.sent(topic, id)
    ports.crash('relay.taken')
    const published = await publishBatch(broker, places, batch)
    ports.crash('relay.published')
    const { doubtful, refused, error } = published
    if (doubtful.size > 0)
      failed(`relay to ${name}: ${doubtful.size} of ${batch.length} messages are not sent yet`, error)
    else succeeded()
    for (const [id, code] of refused) {
      log({ level: 'error', message: `${name} refused a message (${code}): it is set aside`, id, error })
    }
    return published
  }

  async function mark({ batch, doubtful, refused }: Published): Promise<void> {
    const sent = batch.filter(({ id }) => !doubtful.has(id) && !refused.has(id))
    await store.transaction(async (tx) => {
      await outbox.removeSent(
        tx,
        sent.map(({ pos }) => pos),
      )
      for (const { pos, id } of batch) {
        const code = refused.get(id)
        if (code) await outbox.setAside(tx, pos, code)
      }
    })
    ports.crash('relay.marked')
    telemetry.sent(batch, doubtful.size + refused.size)
  }

  async function waitForMore(): Promise<void> {
    if (heldUpSince !== undefined) await waitBehind(heldUpSince)
    else if (takenUntil > ports.now()) await waitForLease()
    else await bell.wait(pollMs)
  }

  /** Not by the bell: whoever holds the lease is at work, and each of its commits would ring. */
  async function waitForLease(): Promise<void> {
    const ms = Math.max(followMs, Math.min(leaseMs, takenUntil - ports.now()))
    await ports.sleep(ms, leaving.signal)
  }

  /** Most wait for a commit that is under way. The longer it takes, the more rarely it is looked. */
  async function waitBehind(since: number): Promise<void> {
    const ms = ports.now() - since
    if (ms >= tellHeldUpMs && !told) {
      const why = 'a transaction that runs for long on the database server holds up what is to be sent'
      log({ level: 'warn', message: `relay to ${name}: ${why}` })
    }
    told = ms >= tellHeldUpMs
    await ports.sleep(Math.max(1, Math.min(pollMs, ms / 10)), stopped.signal)
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
