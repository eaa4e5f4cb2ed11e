/** Work that is done again and again while a service runs: what has ended is deleted, what is due is done. */
import type { Log } from './log.ts'

/**
 * Does the work after each pause, never twice at once. An error is logged, and the work is tried again. Disposing waits
 * for what is under way.
 */
export function repeat(everyMs: number, log: Log, work: () => Promise<void>): AsyncDisposable {
  let stopped = false
  let running = Promise.resolve()
  let timer = setTimeout(start, everyMs)

  async function start(): Promise<void> {
    running = work().catch((error: unknown) => log.error({ err: error }, 'work that is repeated failed'))
    await running
    if (!stopped) timer = setTimeout(start, everyMs)
  }

  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
