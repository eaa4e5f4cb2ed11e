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
  readonly round: Round
}

/** Deliveries of one partition, which are aborted together or not at all: making a signal costs as much as the rest. */
interface Round {
  readonly controller: AbortController
  /** How many more may join. */
  room: number
}

/** Few, so that what a handler leaves at its signal does not stay for long. */
const roundSize = 32

/** `ended` hears of each call once, and never of an aborted one. */
export function createDeliveries(
  deliver: Deliver,
  ended: (share: Share, lane: Lane, done: boolean) => void,
): Deliveries {
  const running = new Set<Running>()
  const rounds = new WeakMap<Share, Round>()

  function roundOf(share: Share): Round {
    const open = rounds.get(share)
    const round = open && open.room > 0 && !open.controller.signal.aborted ? open : newRound(share)
    round.room -= 1
    return round
  }

  function newRound(share: Share): Round {
    const round = { controller: new AbortController(), room: roundSize }
    rounds.set(share, round)
    return round
  }

  return {
    size: () => running.size,
    start(share, lane, message) {
      const run: Running = { share, round: roundOf(share) }
      running.add(run)
      share.running += 1
      const end = (done: boolean) => {
        if (!running.delete(run)) return
        share.running -= 1
        ended(share, lane, done)
      }
      call(deliver, message, run.round.controller.signal).then(
        () => end(true),
        () => end(false),
      )
    },
    abort(why, share) {
      for (const run of running) {
        if (share !== undefined && run.share !== share) continue
        running.delete(run)
        run.share.running -= 1
        const { controller } = run.round
        if (controller.signal.aborted) continue
        const { partition } = run.share.place
        controller.abort(new BusError('TRANSPORT_CLOSED', `deliveries of partition ${partition}: ${why}`))
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
