/**
 * New messages of one place that wait at the same time, handled in one transaction: in PostgreSQL, where each statement is
 * a walk to the server, they share all statements of the inbox, and the walks of their handlers. For the database these
 * run one after another. Nothing else differs: whatever is not plain (a handler that fails, a message that is known or
 * stands behind another) is handled alone.
 */
import { createAhead } from './ahead.ts'
import type { Engine } from './engine.ts'
import { hasCode } from './errors.ts'
import type { MessageFacts, OnHandler } from './handler.ts'
import { type InLane, inboxTogetherFor } from './inbox-together.ts'
import type { Place } from './place.ts'
import { handleIn } from './publish.ts'
import type { Tx } from './store.ts'
import { type Turns, turnsOf } from './turns.ts'

/** A new message that nothing but the inbox may keep from its handler. */
export interface Plain extends InLane {
  readonly payload: unknown
  readonly facts: MessageFacts
}

interface Waiting<One> {
  readonly one: One
  /** Runs in the trace of whoever delivered it. */
  readonly within: <R>(work: () => R) => R
  readonly resolve: (outcome: 'done' | Promise<unknown>) => void
  readonly reject: (error: unknown) => void
}

/** At most this many share a transaction. */
const most = 200
/** After this time no further handler is started in it: slow ones must not wear out the time of those behind them. */
const longestMs = 50
/** A handler that begins later in the transaction, because others had its key, has not had the time of a work. */
const lateMs = 100

/** What is done with a message by itself; `alone` and `failed` say what became of it. */
export interface Apart<One, Outcome> {
  /** Nothing but the inbox may keep it from its handler now; what is not so is handled alone. */
  isPlain(one: One): boolean
  /** Handles it in a transaction of its own. */
  alone(one: One): Promise<Outcome>
  /** Its handler failed, and nothing of it was written. */
  failed(one: One, error: unknown): Promise<Outcome>
}

/** @returns a function that handles a message together with those that wait, and resolves when that is durable */
export function handleTogether<One extends Plain, Outcome>(
  engine: Engine,
  place: Place,
  { isPlain, alone, failed }: Apart<One, Outcome>,
): (one: One) => Promise<Outcome | 'done'> {
  const { store, ports, publish, telemetry } = engine
  const inbox = inboxTogetherFor(engine.sql)
  const handler = place.handler as OnHandler
  let waiting: Waiting<One>[] = []
  const ahead = createAhead(longestMs)
  let looping = false

  async function loop(): Promise<void> {
    await undefined // what comes in the same turn shares the first transaction
    while (waiting.length > 0) {
      const some = waiting.slice(0, most)
      waiting = waiting.slice(most)
      await together(some)
    }
    looping = false
  }

  async function together(some: readonly Waiting<One>[]): Promise<void> {
    let progress: Progress<One> = begin()
    try {
      await store.transaction((tx) => {
        progress = begin() // its own: the handlers of a call before may still run
        return handleAll(tx, some, progress)
      })
      ports.crash('deliver.committed')
    } catch (error) {
      return await undone(error, some, progress)
    }
    const done = progress.started.map(({ each }) => each)
    for (const { resolve } of done) resolve('done')
    const ended = new Set([...done, ...progress.sifted])
    waiting.unshift(...some.filter((one) => !ended.has(one)))
    await apart(progress.sifted)
  }

  async function handleAll(tx: Tx, some: readonly Waiting<One>[], progress: Progress<One>): Promise<void> {
    const now = ports.now()
    const ones = some.map(({ one }) => one)
    const plain = new Set(await inbox.lockAndSift(tx, place, ones))
    progress.sifted.push(...some.filter((_, i) => !plain.has(i)))
    const turns = turnsOf(tx)
    progress.turns = turns
    const running: Promise<void>[] = []
    const beganAt = ports.now()
    for (const each of some.filter((_, i) => plain.has(i))) {
      const sinceMs = ports.now() - now
      if (running.length > 0 && (sinceMs >= longestMs || progress.failed)) break
      if (!isPlain(each.one)) {
        progress.sifted.push(each)
        continue
      }
      const turn = turns.next(() => (progress.broke ??= each))
      const started = { each, late: running.length > 0 || sinceMs > lateMs, ended: false }
      progress.started.push(started)
      const handled = run(started, turn.tx, progress)
      handled.catch(() => undefined) // heard of below, unless another has failed before
      running.push(handled)
      await undefined // what it publishes is sent a moment after it was called
      if (!turn.hasSent()) await Promise.race([handled, turn.sends])
      await running[running.length - ahead.most()]
    }
    await Promise.all([...running, markDone(turns.next().tx, progress, now)])
    if (turns.overtaken()) throw new Error('a handler sent a statement behind one of a later handler')
    if (turns.cameBack()) ahead.stop()
    else ahead.ended(running.length, ports.now() - beganAt)
  }

  async function run(started: Started<One>, tx: Tx, progress: Progress<One>): Promise<void> {
    const { within, one } = started.each
    try {
      await within(() => handleIn(publish, handler, one.payload, tx, one.facts))
      ports.crash('deliver.handled')
      started.ended = true
    } catch (error) {
      progress.failed ??= started
      throw error
    }
  }

  async function markDone(tx: Tx, { started }: Progress<One>, now: number): Promise<void> {
    const done = started.map(({ each }) => each.one)
    if (done.length > 0 && !(await inbox.addDone(tx, place, done, now))) throw new Error('one of them came twice')
    ports.crash('deliver.marked')
  }

  /** Nothing of it was written. The one whose handler failed has had its start; the others are handled once more. */
  async function undone(error: unknown, some: readonly Waiting<One>[], progress: Progress<One>): Promise<void> {
    const { failed: failure, broke } = progress
    const ranAhead = ahead.most() > 1
    ahead.stop()
    // Without a failure, the first that has not ended is the one that took too long.
    const handling = failure ?? progress.started.find(({ ended }) => !ended)
    if (hasCode(error, 'COMMIT_UNKNOWN', 'STORE_CLOSED')) for (const { reject } of some) reject(error)
    else if (progress.turns?.overtaken() && ranAhead) waiting.unshift(...some)
    // Overtaken all the same: one sends statements that it does not wait for, behind its own end.
    else if (progress.turns?.overtaken() || handling === undefined) await apart(some)
    else {
      const { each, late } = handling
      waiting.unshift(...some.filter((one) => one !== each && one !== broke))
      // Whether this one failed by itself is seen when each has a transaction of its own.
      if (broke !== undefined && broke !== each) await apart([broke, each])
      else if (hasCode(error, 'TX_TOO_SLOW') && late) await apart([each])
      else await settle(each, failed(each.one, error))
    }
  }

  async function apart(some: readonly Waiting<One>[]): Promise<void> {
    await Promise.all(
      some.map((each) =>
        settle(
          each,
          each.within(() => alone(each.one)),
        ),
      ),
    )
  }

  async function settle({ resolve }: Waiting<One>, ending: Promise<Outcome>): Promise<void> {
    resolve(ending)
    await ending.catch(() => undefined) // who waits for it hears of it
  }

  return (one) =>
    new Promise((resolve, reject) => {
      waiting.push({ one, within: telemetry.here(), resolve: resolve as Waiting<One>['resolve'], reject })
      if (looping) return
      looping = true
      void loop()
    })
}

interface Started<One> {
  readonly each: Waiting<One>
  /** It had only what others left of the time. */
  readonly late: boolean
  ended: boolean
}

/** How far one transaction came. */
interface Progress<One> {
  turns: Turns | undefined
  readonly started: Started<One>[]
  /** The first whose handler threw. */
  failed: Started<One> | undefined
  /** The first of which a statement failed: after it the server refuses those of all, also when the handler goes on. */
  broke: Waiting<One> | undefined
  /** Handled alone. */
  readonly sifted: Waiting<One>[]
}

const begin = <One>(): Progress<One> => ({
  turns: undefined,
  started: [],
  failed: undefined,
  broke: undefined,
  sifted: [],
})
