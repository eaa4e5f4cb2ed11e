/** The relay: takes a broker's messages out of the outbox, in order, and lets go of each when the broker holds it. */
import { createBell } from './bell.ts'
import type { Broker } from './brokers.ts'
import type { Engine } from './engine.ts'
import { createMarker } from './marker.ts'
import type { Outbox, TakenRow } from './outbox.ts'
import { isWhole, type Published, type PublishedPlaces, publishBatch } from './publish-batch.ts'
import { shardsOf } from './shards.ts'
import type { Dialect } from './store.ts'

export interface Relay {
  /** Something was committed: perhaps a message. */
  wake(): void
  /** Sends what is there while the broker takes it, then stops; at the deadline it stops all the same. */
  stop(deadline: AbortSignal): Promise<void>
  /** Why the last batch could not be sent whole; undefined when it could. */
  trouble(): string | undefined
}

/** The net below the store's watch, which tells of commits by others much sooner. */
const pollMs = 1_000
/** A process in whose stead others relay looks no more often than this. */
const followMs = 100
/** So often at most a service looks that publishes nothing itself; each of its commits would make it look. */
const idleMs = 50
/** For messages that a running transaction holds up: the longest pause, and after how long a person is told. */
const longestBehindMs = 500
const tellHeldUpMs = 10_000
/**
 * Where so many come that each look finds some, but not many: a pause, in which more come. For all who handle them, down
 * to the last commit, a message of a large batch costs a fraction.
 */
const few = 20
const many = 500
const gatherMs: Readonly<Record<Dialect, number>> = { sqlite: 0, postgres: 20 }
const firstPauseMs = 50
const longestPauseMs = 2_000

/**
 * Sends nothing before its places are made: a broker that does not know a topic refuses it, or forgets. One batch is in
 * flight at a time, of all shards that are ours; while it is taken and sent, the one before it is marked.
 */
export function startRelay(engine: Engine, outbox: Outbox, broker: Broker, places: PublishedPlaces): Relay {
  const { store, ports, sql, log, tracker, added, telemetry } = engine
  const { name, carries } = broker
  const bell = createBell(ports)
  const shards = shardsOf(engine, name)
  const marker = createMarker(mark, bell.ring)
  let trouble: string | undefined
  let isBrokers = false
  let pauseMs = 0
  /** Messages wait that others relay. */
  let follows = false
  let heldUpSince: number | undefined
  let told = false
  let looksSoon = false
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
    wake() {
      if (added.lately()) bell.ring()
      else lookSoon()
    },
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
      await store.transaction((tx) => shards.giveUp(tx)).catch(() => undefined) // else it lapses by itself
    },
  }

  async function loop(): Promise<void> {
    while (!placed && !stopping) await bell.wait(pollMs)
    if (!placed) return
    while (!stopped.signal.aborted) {
      try {
        marker.check()
        const batch = await take()
        if (batch.length > 0) {
          await publishAndMark(batch)
          if (fewOfMany(batch.length)) await ports.sleep(gatherMs[sql.dialect], leaving.signal)
        } else if (stopping && heldUpSince === undefined) return await marker.ended()
        else {
          // The outbox could be worked on; of the broker a turn without messages says nothing.
          if (!isBrokers) succeeded()
          await waitForMore()
        }
      } catch (error) {
        failed(`relay to ${name}: the outbox cannot be worked on`, error)
      }
      // Not by the bell: while the broker is away, every commit of the service would ring it.
      if (pauseMs > 0) await ports.sleep(pauseMs, stopped.signal)
    }
    await marker.ended().catch(() => undefined) // else it is sent again
  }

  async function take(): Promise<readonly TakenRow[]> {
    if (shards.dueAt() <= ports.now() && !(await share())) return []
    const part = { carries, shards: shards.ours() }
    if (part.shards.length === 0) return []
    const sent = marker.positions() // what is marked meanwhile is passed over too
    const { batch, found } = await store.read((tx) => outbox.take(tx, part, sent))
    noteHeldUp(found === 'heldUp')
    return batch
  }

  /** Between two batches, and only while messages wait: an idle service writes nothing, nor does one that follows. */
  async function share(): Promise<boolean> {
    const { found, changes } = await store.read(async (tx) => {
      const found = await outbox.look(tx, carries)
      return { found, changes: found === 'some' && (await shards.look(tx)) }
    })
    follows = found === 'some' && !changes
    noteHeldUp(found === 'heldUp')
    if (!changes) return false
    await marker.ended() // what is given up must not be sent again by its new owner
    shards.stand(await store.transaction((tx) => shards.share(tx)))
    follows = shards.ours().length === 0
    return true
  }

  /** What was published whole is marked while the next batch is taken and published; of the rest the next one must know. */
  async function publishAndMark(batch: readonly TakenRow[]): Promise<void> {
    const [published, marked] = await Promise.allSettled([publish(batch), marker.ended()])
    if (published.status === 'rejected') throw published.reason
    marker.mark(published.value)
    if (!isWhole(published.value)) await marker.ended()
    if (marked.status === 'rejected') throw marked.reason
  }

  async function publish(batch: readonly TakenRow[]): Promise<Published> {
    for (const { topic, id } of batch) tracker.sent(topic, id)
    ports.crash('relay.taken')
    const published = await publishBatch(broker, places, batch)
    ports.crash('relay.published')
    const { doubtful, refused, error } = published
    isBrokers = doubtful.size > 0
    if (isBrokers) failed(`relay to ${name}: ${doubtful.size} of ${batch.length} messages are not sent yet`, error)
    else succeeded()
    for (const [id, code] of refused) {
      log({ level: 'error', message: `${name} refused a message (${code}): it is set aside`, id, error })
    }
    return published
  }

  async function mark({ batch, doubtful, refused }: Published): Promise<void> {
    const positions = (rows: readonly TakenRow[]) => rows.map(({ pos }) => pos)
    const held = batch.filter(({ id }) => !doubtful.has(id) && !refused.has(id))
    const notTaken = batch.filter(({ id }) => refused.has(id))
    await store.transaction(async (tx) => {
      // Whoever relays them by now: else nothing would ever leave where a batch takes longer than a lease.
      await outbox.removeSent(tx, positions(held))
      if (notTaken.length === 0) return
      // One who was stopped for long may wake up here, when others have sent it and people have decided on it.
      const ours = await shards.stillOurs(tx, new Set(notTaken.map(({ shard }) => shard)))
      const aside = notTaken.filter(({ shard }) => ours.has(shard))
      for (const code of new Set(refused.values())) {
        await outbox.setAside(tx, positions(aside.filter(({ id }) => refused.get(id) === code)), code)
      }
    })
    ports.crash('relay.marked')
    telemetry.sent(batch, doubtful.size + refused.size)
  }

  function fewOfMany(taken: number): boolean {
    return gatherMs[sql.dialect] > 0 && taken >= few && taken < many
  }

  function lookSoon(): void {
    if (looksSoon) return
    looksSoon = true
    void ports.sleep(idleMs, leaving.signal).then(() => {
      looksSoon = false
      bell.ring()
    })
  }

  async function waitForMore(): Promise<void> {
    const dueMs = shards.dueAt() - ports.now()
    if (heldUpSince !== undefined) await waitBehind(heldUpSince)
    // Not by the bell: whoever relays is at work, and each of its commits would ring.
    else if (follows) await ports.sleep(Math.max(followMs, dueMs), leaving.signal)
    else await bell.wait(dueMs > 0 ? Math.min(pollMs, dueMs) : pollMs)
  }

  function noteHeldUp(heldUp: boolean): void {
    heldUpSince = heldUp ? (heldUpSince ?? ports.now()) : undefined
  }

  /** Most wait for a commit that is under way. The longer it takes, the more rarely it is looked. */
  async function waitBehind(since: number): Promise<void> {
    const ms = ports.now() - since
    if (ms >= tellHeldUpMs && !told) {
      const why = 'a transaction that runs for long on the database server holds up what is to be sent'
      log({ level: 'warn', message: `relay to ${name}: ${why}` })
    }
    told = ms >= tellHeldUpMs
    await ports.sleep(Math.max(1, Math.min(longestBehindMs, ms / 10)), stopped.signal)
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
