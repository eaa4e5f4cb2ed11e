/** How topics are reached: asked once for each connection, while what is to be sent there waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Route } from './topology.ts'

export interface Routes<Entry> {
  /** Undefined while it is not known: then `wait`. */
  of(topic: string): Route | undefined
  /** Keeps the entry until the topic's route is known. */
  wait(topic: string, entry: Entry): void
  /** Whether anything waits. */
  isWaiting(): boolean
  /** Takes out all that waits. */
  takeWaiting(): readonly Entry[]
  /** Nothing is known any more: perhaps a topic is not what it was. */
  forget(): void
}

const againMs = 100

/** `answered` gets what has waited, and whether there is such a topic. */
export function createRoutes<Entry>(
  findRoute: (topic: string) => Promise<Route | undefined>,
  answered: (entries: readonly Entry[], exists: boolean) => void,
): Routes<Entry> {
  const known = new Map<string, Route>()
  const waiting = new Map<string, Entry[]>()

  /** Asks until there is an answer, or nobody waits for it any more. */
  async function ask(topic: string): Promise<void> {
    while (waiting.has(topic)) {
      try {
        const route = await findRoute(topic)
        if (route) known.set(topic, route)
        const entries = waiting.get(topic) ?? []
        waiting.delete(topic)
        answered(entries, route !== undefined)
      } catch {
        await sleep(againMs)
      }
    }
  }

  return {
    of: (topic) => known.get(topic),
    wait(topic, entry) {
      const others = waiting.get(topic)
      if (others) others.push(entry)
      else {
        waiting.set(topic, [entry])
        void ask(topic)
      }
    },
    isWaiting: () => waiting.size > 0,
    takeWaiting() {
      const entries = [...waiting.values()].flat()
      waiting.clear()
      return entries
    },
    forget: () => known.clear(),
  }
}
