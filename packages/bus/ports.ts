/** What the engine takes from outside itself: time, chance, identity, and where a test may kill it. */

export interface Ports {
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after the time, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** From 0, below 1. */
  random(): number
  /** Unique across processes and machines, and rising with time where it can be. */
  id(): string
  /** Called at each named place between two durable steps. Does nothing, but in a test that kills the process there. */
  crash(point: CrashPoint): void
}

/** Every place in the engine where a process may die between two durable steps. */
export const crashPoints = [
  'outbox.added', // the row is written, the transaction is open
  'relay.taken', // rows are read, nothing is published
  'relay.published', // the broker holds them, no row is marked
  'relay.marked', // rows are marked
  'deliver.marked', // the inbox row is written, the handler has not run, the transaction is open
  'deliver.handled', // the handler has run, the transaction is open
  'deliver.committed', // the effect is durable, the broker does not know it
  'deliver.failed', // the handler failed and is rolled back, nothing is held
  'deliver.held', // the message is held, the broker does not know it
  'runner.claimed', // the start is counted, the handler has not run
  'runner.handled', // a held message's handler has run, its transaction is open
  'runner.acted', // the effect took place outside, it is not marked
  'runner.ended', // the end of a held message is durable
  'operate.changed', // an operator's change is written, its transaction is open
] as const

export type CrashPoint = (typeof crashPoints)[number]
