/** The calls of `deliver` that run: each ends once, or is aborted and then counts for nothing. */
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Incoming } from '@vestnik/bus/transport'
import type { Lane } from './lanes.ts'
import type { Reader } from './reader.ts'

export interface Deliveries {
  size(): number
  /** Starts the lane's first message. */
  start(reader: Reader, lane: Lane): void
  /** Aborts the signals of one reader's, or of all; whatever comes of these calls changes nothing any more. */
  abort(why: string, reader?: Reader): void
}

interface Running {
  readonly reader: Reader
  readonly controller: AbortController
  readonly at: string
}

/** `ended` hears of each call once, and never of an aborted one. */
export function createDeliveries(
  deliver: Deliver,
  ended: (reader: Reader, lane: Lane, done: boolean) => void,
): Deliveries {
  const running = new Set<Running>()

  return {
    size: () => running.size,
    start(reader, lane) {
      const [held] = lane.held
      if (held === undefined) return
      const run: Running = { reader, controller: new AbortController(), at: held.message.at }
      running.add(run)
      reader.running += 1
      const message = held.returns > 0 ? { ...held.message, redelivered: true } : held.message
      const end = (done: boolean) => {
        if (!running.delete(run)) return
        reader.running -= 1
        ended(reader, lane, done)
      }
      call(deliver, message, run.controller.signal).then(
        () => end(true),
        () => end(false),
      )
    },
    abort(why, reader) {
      for (const run of running) {
        if (reader !== undefined && run.reader !== reader) continue
        running.delete(run)
        run.reader.running -= 1
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
