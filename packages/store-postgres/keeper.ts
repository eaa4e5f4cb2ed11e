/** Keeps one connection: makes it when it is needed, again when it was lost, and refuses those who waited too long. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { isForGood, notConnected } from './failures.ts'
import { failed, type Job } from './work.ts'

export interface Keeper {
  /** The connection; undefined when all who waited for it were refused. */
  ready(waiting: Job[]): Promise<Connection | undefined>
  close(): Promise<void>
}

const longestPauseMs = 250

export interface KeeperOptions {
  readonly shown: string
  readonly connect: () => Promise<Connection>
  /** How long a work waits for a connection to a server that is away, in milliseconds. */
  readonly awayMs: number
}

export function keepConnection({ shown, connect, awayMs }: KeeperOptions, first?: Connection): Keeper {
  let current = first
  let closed = false

  async function ready(waiting: Job[]): Promise<Connection | undefined> {
    if (current && current.lost() === undefined) return current
    const since = performance.now()
    let why: unknown
    const timer = setInterval(() => refuseExpired(waiting, since, why), 100)
    try {
      for (let pauseMs = 10; waiting.length > 0 && !closed; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
        try {
          current = await connect()
          if (!closed) return current
          await current.close()
        } catch (error) {
          why = error
          if (isForGood(error)) for (const job of waiting.splice(0)) job.settle(failed(notConnected(shown, error)))
        }
        await sleep(pauseMs * (0.5 + Math.random()))
      }
    } finally {
      clearInterval(timer)
    }
    return undefined
  }

  /** Each work waits its own time, whoever was there before it; a first try that is only slow is waited for. */
  function refuseExpired(waiting: Job[], since: number, why: unknown): void {
    const now = performance.now()
    while (why !== undefined && waiting[0] && now - Math.max(since, waiting[0].at) >= awayMs) {
      waiting.shift()?.settle(failed(notConnected(shown, why)))
    }
  }

  return {
    ready,
    async close() {
      closed = true
      await current?.close()
    },
  }
}
