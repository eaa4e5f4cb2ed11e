/** Asks a service behind the gateway, over connections that are kept; says that it is down only when that is so. */
import { setTimeout as pause } from 'node:timers/promises'
import { Problem, unavailable } from '@vestnik/service'
import { Pool } from 'undici'
import { type Answer, type Asked, exchange, UpstreamError } from './exchange.ts'

export interface Upstream {
  /** Resolves with whatever the service answers. Rejects with Problem 503 when it does not answer. */
  ask(asked: Asked): Promise<Answer>
  close(): Promise<void>
}

export interface UpstreamLimits {
  /** For one request, whatever happens to it. @default 20_000 */
  readonly answerWithinMs?: number
  /** How long a request waits for a service that starts again. @default 1500 */
  readonly patienceMs?: number
  /** Requests at once, waiting ones counted; more are refused. @default 1000 */
  readonly atOnce?: number
}

const maxAnswerBytes = 1024 * 1024
const pauseMs = 50
/** A connection that was kept may have been closed just then, and so may the next; after the pause that is noticed. */
const maxTries = 3

export function createUpstream(origin: string, limits: UpstreamLimits = {}): Upstream {
  const { answerWithinMs = 20_000, patienceMs = 1500, atOnce = 1000 } = limits
  const pool = new Pool(origin, {
    // As many as requests: what is slow at the service keeps no other call waiting here.
    connections: atOnce,
    connect: { timeout: 3000 },
    headersTimeout: answerWithinMs,
    bodyTimeout: answerWithinMs,
    maxResponseSize: maxAnswerBytes,
  })
  let running = 0
  /** When it was first found away, in milliseconds; undefined while it can be reached. */
  let awaySince: number | undefined

  /** Tries again only what cannot take effect twice. */
  async function tryToAsk(asked: Asked, deadline: AbortSignal): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await exchange(pool, asked, deadline)
        awaySince = undefined
        return answer
      } catch (error) {
        if (!(error instanceof UpstreamError) || deadline.aborted) throw error
        if (error.outcome === 'not sent') {
          await waitForStart(error, deadline)
          continue
        }
        awaySince = undefined
        if (error.outcome === 'answered in part' || !asked.repeatable || tries >= maxTries) throw error
        await pause(pauseMs, undefined, { signal: deadline })
      }
    }
  }

  /** A service that is started again is back within a second or so; one that has been away for longer is not waited for. */
  async function waitForStart(error: UpstreamError, deadline: AbortSignal): Promise<void> {
    awaySince ??= performance.now()
    if (performance.now() - awaySince > patienceMs) throw error
    await pause(pauseMs, undefined, { signal: deadline })
  }

  return {
    async ask(asked) {
      if (running >= atOnce) throw unavailable('Too many requests wait for the service behind this path. Try again.')
      running += 1
      const deadline = new AbortController()
      const timer = setTimeout(() => deadline.abort(), answerWithinMs)
      try {
        return await tryToAsk(asked, deadline.signal)
      } catch (error) {
        if (error instanceof Problem) throw error
        throw unavailable('The service behind this path does not answer. Try again.', error)
      } finally {
        clearTimeout(timer)
        running -= 1
      }
    },
    close: () => pool.destroy(),
  }
}
