/** Looks now and then whether the queues of topics with several groups are still there: nothing else would tell. */
import type { Connection } from './connection.ts'
import type { Places } from './topology.ts'

export interface Mending {
  close(): void
}

export function startMending(connection: Connection, places: Places, everyMs: number): Mending {
  let isLooking = false
  const timer = setInterval(() => void look(), everyMs)
  timer.unref()

  async function look(): Promise<void> {
    const model = connection.now()
    if (isLooking || !model) return
    isLooking = true
    await places.mend(model)
    isLooking = false
  }

  return { close: () => clearInterval(timer) }
}
