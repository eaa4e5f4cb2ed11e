/** The inbox forgets what ended long enough ago, in small steps, so that nothing stands still for it. */
import type { Engine } from './engine.ts'
import type { Inbox } from './inbox.ts'

const sweepMs = 10 * 60 * 1000
const stepRows = 500
const stepPauseMs = 20

export function startForgetting(engine: Engine, inbox: Inbox): { stop(): Promise<void> } {
  const { store, ports, log, rememberMs } = engine
  const stopped = new AbortController()
  const ended = loop()
  return {
    async stop() {
      stopped.abort()
      await ended
    },
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await ports.sleep(Math.min(sweepMs, rememberMs), stopped.signal)
      await sweep().catch((error: unknown) => log({ level: 'warn', message: 'the inbox could not forget', error }))
    }
  }

  async function sweep(): Promise<void> {
    const endedBefore = ports.now() - rememberMs
    for (let after: number | undefined = 0; after !== undefined && !stopped.signal.aborted; ) {
      const from: number = after
      after = await store.transaction((tx) => inbox.forget(tx, endedBefore, from, stepRows))
      await ports.sleep(stepPauseMs, stopped.signal)
    }
  }
}
