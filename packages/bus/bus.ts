/** What a bus is to the service that opened it. `openBus` makes one. */
import type { Contract } from './contract.ts'
import type { Handler } from './handler.ts'
import type { Operations } from './operations.ts'
import type { Ports } from './ports.ts'
import type { Store, Tx } from './store.ts'
import type { Health, Transport } from './transport.ts'

export interface BusOptions<T extends Tx = Tx> {
  /** The service's name: the source of its messages. */
  readonly service: string
  readonly store: Store<T>
  /** Carries every topic that no route names. */
  readonly transport: Transport
  /**
   * Topics that another broker carries: each topic is with exactly one, and one that is down holds up none of another's.
   * What waits in the outbox goes where its topic is routed when it is sent. @default []
   */
  readonly routes?: readonly Route[]
  /** At most one for each topic and group. @default [] */
  readonly handlers?: readonly Handler<T>[]
  /** Contracts that this service publishes, besides those that it handles. @default [] */
  readonly publishes?: readonly Contract[]
  /** How many held messages, not behind a dead letter, make a group stop taking from the broker. @default 10_000 */
  readonly heldLimit?: number
  /** How long the inbox remembers what was handled. @default 7 days */
  readonly rememberMs?: number
  /** Called with what an operator should read; never with a payload. @default to console.error, as one line */
  readonly log?: (entry: LogEntry) => void
  /** Time, chance and identity. @default the machine's own */
  readonly ports?: Ports
}

export interface Route {
  /** Names of topics, or beginnings of names with `*` behind, such as `mail.*`. */
  readonly topics: readonly string[]
  readonly transport: Transport
}

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly topic?: string
  readonly group?: string
  readonly id?: string
  readonly error?: unknown
}

/** Publishes in a transaction that is given already. */
export type PublishHere = <Payload>(
  contract: Contract<Payload>,
  payload: NoInfer<Payload>,
  options?: PublishOptions,
) => Promise<string>

export interface PublishOptions {
  /** Messages with the same key take effect in order. @default what the contract's key says */
  readonly key?: string
  /** No effect before this time (milliseconds since 1970); it takes its place in the order of its key then. */
  readonly notBefore?: number
  /** No effect after this time (milliseconds since 1970). @default now + the contract's lifeMs */
  readonly expires?: number
}

export interface Bus<T extends Tx = Tx> extends AsyncDisposable {
  /**
   * Writes the message into the outbox, in the caller's own transaction: it is sent if, and only if, that commits.
   * Resolves with the message's id.
   * @throws BusError `INVALID_PAYLOAD`, `CONTRACT_UNKNOWN`, `BUS_CLOSED`, `TX_ENDED` when it was not awaited in time
   */
  publish<Payload>(
    tx: Tx,
    contract: Contract<Payload>,
    payload: NoInfer<Payload>,
    options?: PublishOptions,
  ): Promise<string>

  /**
   * Resolves when everything in this service's outbox has left it, and all of it that this bus handles itself has
   * been handled or is a dead letter. For scripts and tests.
   */
  settled(): Promise<void>

  /** Looks at what failed, and mends it. */
  readonly operations: Operations

  readonly store: Store<T>

  /** For `/readyz`: the store answers by itself; the broker may be away without harm. */
  health(): Health

  /**
   * Takes nothing new, lets handlers end, sends what the outbox holds; at the deadline it hands the rest back.
   * Then the bus is closed; store and transports stay open, they belong to who opened them.
   */
  close(deadline?: AbortSignal): Promise<void>
}
