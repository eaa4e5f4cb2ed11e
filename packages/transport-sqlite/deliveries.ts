/** The calls of `deliver` that run: each ends once, or is aborted and then counts for nothing. */
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Incoming } from '@vestnik/bus/transport'
import type { Held, Lane } from './lanes.ts'

export interface Deliveries {
  size(): number
  start(lane: Lane, held: Held): void
  /** Aborts the signals; whatever comes of these calls changes nothing any more. */
  abort(why: string, which?: (held: Held) => boolean): void
  runsIn(shard: number): boolean
}

interface Running {
  readonly held: Held
  readonly controller: AbortController
}

/** `ended` hears of each call once, and never of an aborted one. */
export function createDeliveries(deliver: Deliver, ended: (lane: Lane, held: Held, done: boolean) => void): Deliveries {
  const running = new Map<number, Running>()

  return {
    size: () => running.size,
    start(lane, held) {
      const run: Running = { held, controller: new AbortController() }
      running.set(held.tag, run)
      held.started = true
      const message = held.returns > 0 ? { ...held.message, redelivered: true } : held.message
      const end = (done: boolean) => {
        if (running.get(held.tag) !== run) return
        running.delete(held.tag)
        ended(lane, held, done)
      }
      call(deliver, message, run.controller.signal).then(
        () => end(true),
        () => end(false),
      )
    },
    abort(why, which = () => true) {
      for (const [tag, { held, controller }] of running) {
        if (!which(held)) continue
        running.delete(tag)
        controller.abort(new BusError('TRANSPORT_CLOSED', `delivery of ${held.message.at}: ${why}`))
      }
    },
    runsIn(shard) {
      for (const { held } of running.values()) if (held.shard === shard) return true
      return false
    },
  }
}

// A plain function may throw before there is a promise.
function call(deliver: Deliver, message: Incoming, signal: AbortSignal): Promise<void> {
  try {
    return Promise.resolve(deliver(message, signal))
  } catch (error) {
    return Promise.reject(error)
  }
}
