/** How topics are reached: asked once for each connection, while what is to be sent there waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import { failureOf } from './failures.ts'
import type { Route } from './topology.ts'

export interface Routes<Entry> {
  /** Undefined while it is not known: then `wait`. */
  of(topic: string): Route | undefined
  /** Keeps the entry until the topic's route is known. */
  wait(topic: string, entry: Entry): void
  /** Whether anything waits. */
  isWaiting(): boolean
  /** Takes out what waits and has waited for long enough. */
  takeWaiting(isOver: (entry: Entry) => boolean): readonly Entry[]
  /** Why there is no answer about a topic yet, if anything is known. */
  trouble(topic: string): BusError | undefined
  /** Nothing is known any more: perhaps a topic is not what it was. */
  forget(): void
}

/** What became of a question: an error where asking again is of no use. */
export type Found = 'found' | 'missing' | BusError

const againMs = 100

/** `answered` gets what has waited, and what was found. */
export function createRoutes<Entry>(
  findRoute: (topic: string) => Promise<Route | undefined>,
  answered: (entries: readonly Entry[], found: Found) => void,
): Routes<Entry> {
  const known = new Map<string, Route>()
  const waiting = new Map<string, Entry[]>()
  const troubles = new Map<string, BusError>()

  /** Asks until there is an answer, or nobody waits for it any more. */
  async function ask(topic: string): Promise<void> {
    while (waiting.has(topic)) {
      const answer = await look(topic)
      if (answer instanceof BusError && answer.code !== 'BROKER_REFUSED') {
        troubles.set(topic, answer)
        await sleep(againMs)
      } else tell(topic, answer)
    }
    troubles.delete(topic)
  }

  const look = (topic: string) =>
    findRoute(topic).catch((error: unknown) => failureOf(`look for the topic ${topic}`, error))

  function tell(topic: string, answer: Route | BusError | undefined): void {
    const entries = waiting.get(topic) ?? []
    waiting.delete(topic)
    if (answer instanceof BusError) answered(entries, answer)
    else {
      if (answer) known.set(topic, answer)
      answered(entries, answer ? 'found' : 'missing')
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
    takeWaiting(isOver) {
      const taken: Entry[] = []
      for (const [topic, entries] of waiting) {
        const staying: Entry[] = []
        for (const entry of entries) (isOver(entry) ? taken : staying).push(entry)
        if (staying.length > 0) waiting.set(topic, staying)
        else waiting.delete(topic)
      }
      return taken
    },
    trouble: (topic) => troubles.get(topic),
    forget: () => known.clear(),
  }
}
