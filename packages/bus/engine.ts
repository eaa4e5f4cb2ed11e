/** What the parts of one open bus share. */
import type { Added } from './added.ts'
import type { Brokers } from './brokers.ts'
import type { LogEntry } from './bus.ts'
import type { Gate } from './gate.ts'
import type { Ports } from './ports.ts'
import type { Publish } from './publish.ts'
import type { Sql } from './sql.ts'
import type { Store } from './store.ts'
import type { Telemetry } from './telemetry.ts'
import type { Tracker } from './tracker.ts'

export interface Engine {
  readonly service: string
  readonly store: Store
  readonly brokers: Brokers
  readonly ports: Ports
  readonly sql: Sql
  readonly log: (entry: LogEntry) => void
  readonly heldLimit: number
  readonly rememberMs: number
  /** Handlers of all groups of this bus pass it. */
  readonly gate: Gate
  /** What this bus has published and not yet handled, for `settled`. */
  readonly tracker: Tracker
  readonly added: Added
  readonly telemetry: Telemetry
  readonly publish: Publish
}
