/** Sessions that are kept open between mails: as many as are needed at once, up to a limit. */
import { MailError } from './mail-error.ts'
import type { Session } from './smtp-session.ts'
import { within } from './within.ts'

export interface PoolLimits {
  /** Sessions at once. */
  readonly connections: number
  /** Mails by one session: some servers refuse more. */
  readonly mailsEach: number
  /** How long a session without a mail is kept. */
  readonly idleMs: number
  /** How long a mail waits for a session when all are busy. */
  readonly waitMs: number
}

export interface Pool {
  /**
   * Runs the work with a session of its own; `fresh` asks for a new one.
   * @throws MailError `not sent` when there is none, and what the work throws
   */
  use<R>(
    signal: AbortSignal,
    fresh: boolean,
    work: (session: Session, used: { readonly before: boolean }) => Promise<R>,
  ): Promise<R>
  /** Sessions that are open or being opened. */
  readonly size: number
  /** Closes those that are idle at once, the others after their mail. */
  close(): void
}

interface Kept {
  readonly session: Session
  mails: number
  idle?: NodeJS.Timeout
}

export function createPool(open: (signal: AbortSignal) => Promise<Session>, limits: PoolLimits): Pool {
  const { connections, mailsEach, idleMs, waitMs } = limits
  const idle: Kept[] = []
  const waiting: (() => void)[] = []
  let busy = 0
  let closed = false

  return {
    async use(signal, fresh, work) {
      await takeSlot(signal)
      try {
        // A new one takes the place of an idle one.
        if (fresh) end(takeIdle())
        const kept = (fresh ? undefined : takeIdle()) ?? { session: await open(signal), mails: 0 }
        try {
          return await work(kept.session, { before: kept.mails++ > 0 })
        } finally {
          putBack(kept)
        }
      } finally {
        freeSlot()
      }
    },
    get size() {
      return busy + idle.length
    },
    close() {
      closed = true
      for (const kept of idle.splice(0)) end(kept)
    },
  }

  async function takeSlot(signal: AbortSignal): Promise<void> {
    if (busy < connections) {
      busy += 1
      return
    }
    const turn = Promise.withResolvers<void>()
    waiting.push(turn.resolve)
    try {
      await within(waitMs, `wait for one of ${connections} connections`, signal, turn.promise)
    } catch (error) {
      // Its turn came while it was giving up: the next one has it.
      if (!remove(waiting, turn.resolve)) freeSlot()
      throw error instanceof MailError ? new MailError(error.outcome, error.message, 'none') : error
    }
  }

  /** The slot of one that is done is the next one's, in the order in which they came. */
  function freeSlot(): void {
    const next = waiting.shift()
    if (next) next()
    else busy -= 1
  }

  function takeIdle(): Kept | undefined {
    for (let kept = idle.pop(); kept; kept = idle.pop()) {
      clearTimeout(kept.idle)
      if (kept.session.open) return kept
    }
    return undefined
  }

  function putBack(kept: Kept): void {
    if (closed || !kept.session.open || kept.mails >= mailsEach) {
      end(kept)
      return
    }
    idle.push(kept)
    kept.idle = setTimeout(() => {
      remove(idle, kept)
      end(kept)
    }, idleMs).unref()
  }

  function end(kept: Kept | undefined): void {
    clearTimeout(kept?.idle)
    kept?.session.close()
  }
}

function remove<T>(list: T[], one: T): boolean {
  const at = list.indexOf(one)
  if (at >= 0) list.splice(at, 1)
  return at >= 0
}
