/** The calls of `deliver` that run: each ends once, or is aborted and then counts for nothing. */
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Incoming } from '@vestnik/bus/transport'
import type { Lane } from './lanes.ts'
import type { Share } from './share.ts'

export interface Deliveries {
  size(): number
  start(share: Share, lane: Lane, message: Incoming): void
  /** Aborts the signals of one partition's, or of all; whatever comes of these calls changes nothing any more. */
  abort(why: string, share?: Share): void
}

interface Running {
  readonly share: Share
  /** One for each, though it costs: what has ended must not hear of what comes to others. */
  readonly controller: AbortController
  readonly at: string
}

/** `ended` hears of each call once, and never of an aborted one. */
export function createDeliveries(
  deliver: Deliver,
  ended: (share: Share, lane: Lane, done: boolean) => void,
): Deliveries {
  const running = new Set<Running>()

  return {
    size: () => running.size,
    start(share, lane, message) {
      const run: Running = { share, controller: new AbortController(), at: message.at }
      running.add(run)
      share.running += 1
      const end = (done: boolean) => {
        if (!running.delete(run)) return
        share.running -= 1
        ended(share, lane, done)
      }
      call(deliver, message, run.controller.signal).then(
        () => end(true),
        () => end(false),
      )
    },
    abort(why, share) {
      for (const run of running) {
        if (share !== undefined && run.share !== share) continue
        running.delete(run)
        run.share.running -= 1
        run.controller.abort(new BusError('TRANSPORT_CLOSED', `delivery of ${run.at}: ${why}`))
      }
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
