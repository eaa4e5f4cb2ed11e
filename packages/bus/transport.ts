/**
 * The seam to a broker: all that the bus asks of one, and the only file of the bus (with errors.ts) that a transport
 * imports. `@vestnik/conformance` holds its laws as tests.
 */

/**
 * A connection to one broker. An opener makes it and rejects only for what waiting cannot mend (a bad URL, refused
 * credentials, a file of a newer version); where nobody answers yet, it keeps trying in private.
 */
export interface Transport {
  /** For people: logs, metrics, `at`. One word: `sqlite`, `rabbitmq`, `kafka`. */
  readonly name: string
  readonly traits: Traits

  /**
   * Makes what is missing of the topology, and is idempotent. What it made is durable when it resolves.
   * Never alters what is there: a difference rejects with `TOPOLOGY_CONFLICT`.
   */
  ensure(topology: Topology): Promise<void>

  /**
   * Resolves when the broker holds ALL messages durably. Otherwise rejects with a `PublishError`, whose `doubtful` and
   * `refused` name the exceptions: every other message of the batch is durable. Refused means stored nowhere. Nothing
   * of the batch is stored after a doubtful or refused message of its key: it is then doubtful itself.
   */
  publish(messages: readonly Outgoing[]): Promise<void>

  /**
   * Hands every message of the group's topic to `deliver`, those published before the subscription included (where the
   * group's place was ensured before they were published).
   * At most `group.concurrency` calls of `deliver` run at once. With `order: 'key'`, of each key at most one runs, and
   * a key's messages come in the order in which they were published; messages without a key have no order.
   */
  subscribe(group: Group, deliver: Deliver): Promise<Subscription>

  /** What does the broker do now: for `/readyz` and logs. Never rejects, never waits for the broker. */
  health(): Health

  /** Ends every subscription without waiting for handlers, and lets go of every resource. Idempotent. */
  close(): Promise<void>
}

export interface Subscription {
  /**
   * Takes nothing new, waits for what runs, and resolves when this member holds nothing. At the deadline it aborts the
   * signals of the deliveries that still run and hands these back. Idempotent.
   */
  drain(deadline?: AbortSignal): Promise<void>
}

/**
 * Resolves when the message needs the broker no more. A rejection hands it back: it comes again, here or at another
 * member, after a short pause, and before any later message of its key. The signal aborts when this member must let go
 * of the message (a drain's deadline, a lost lease): whatever comes of the call then changes nothing at the broker.
 */
export type Deliver = (message: Incoming, signal: AbortSignal) => Promise<void>

export interface Outgoing {
  readonly id: string
  readonly topic: string
  readonly key?: string
  /** Names are lower case. `ce-*` are CloudEvents attributes, which a transport writes as its broker's binding says. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Incoming extends Outgoing {
  /** The publisher's id, else the position where a position is unique (Kafka), else `''`. */
  readonly id: string
  /** It may have been handed out before without an end. False only when that is certain not to be so. */
  readonly redelivered: boolean
  /** Where it stands, for people: `kafka:user.loggedIn/3@4711`. */
  readonly at: string
}

export interface Topology {
  readonly topics: readonly Topic[]
  readonly groups: readonly Group[]
}

export interface Topic {
  readonly name: string
  /** How many ways a broker may split the topic; a positive integer. */
  readonly partitions: number
}

export interface Group {
  readonly topic: string
  readonly name: string
  /** How many deliveries may run at once in one process; a positive integer. */
  readonly concurrency: number
  readonly order: 'key' | 'none'
}

/** Facts that the bus reads; none is a switch. */
export interface Traits {
  /** The broker keeps messages after every group has handled them. */
  readonly retainsHistory: boolean
  /** A longer body is refused by `publish`. */
  readonly maxBodyBytes: number
}

export interface Health {
  readonly ready: boolean
  /** One sentence when not ready: what was tried, on what, why it failed. */
  readonly reason?: string
}
