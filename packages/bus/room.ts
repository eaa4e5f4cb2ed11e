/** The limit of what a group holds: a place whose held messages reach it stops taking from the broker until some end. */
import type { Engine } from './engine.ts'
import type { Inbox } from './inbox.ts'
import type { RowRef } from './inbox-rows.ts'
import type { Place } from './place.ts'

export interface Room {
  /** Resolves when there is room for the message, or it is known already; rejects when the signal aborts. */
  enter(ref: RowRef, signal: AbortSignal): Promise<void>
  /** One more is held. */
  took(): void
}

/** How long a wait for room lasts before the table is counted again: at least this, and ten times what counting takes. */
const recountMs = 50

/** Counts the table only when its own estimate reaches the limit; other processes may overshoot by what they take at once. */
export function roomFor(engine: Engine, inbox: Inbox, place: Place): Room {
  const { store, ports, heldLimit, log } = engine
  let estimate = heldLimit
  let counting: Promise<void> | undefined
  let countAgainAt = 0
  let told = false

  /** However many wait, the table is counted for all of them together. */
  const recount = () =>
    (counting ??= count().finally(() => {
      counting = undefined
    }))

  async function count(): Promise<void> {
    const began = ports.now()
    estimate = await store.read((tx) => inbox.countHeld(tx, place))
    const now = ports.now()
    countAgainAt = now + Math.max(recountMs, 10 * (now - began))
  }

  return {
    async enter(ref, signal) {
      if (estimate < heldLimit) return
      await recount()
      if (estimate < heldLimit || (await store.read((tx) => inbox.has(tx, ref)))) return
      if (!told)
        log({
          level: 'warn',
          message: `holds ${heldLimit} messages and takes no more for now`,
          topic: place.topic,
          group: place.group,
        })
      told = true
      while (estimate >= heldLimit) {
        signal.throwIfAborted()
        await ports.sleep(recountMs, signal)
        if (ports.now() >= countAgainAt) await recount()
      }
      told = false
    },
    took() {
      estimate += 1
    },
  }
}
