/** What a person does with messages that failed: look, replay, edit, drop, send again. In any process that has the database. */

/** Names one message in one group. */
export interface MessageRef {
  readonly topic: string
  readonly group: string
  readonly source: string
  readonly id: string
}

/** A message that is held or dead, without its payload. */
export interface HeldMessage extends MessageRef {
  /** The short number by which tools name it; it may change when a delayed message takes its place. */
  readonly pos: number
  readonly state: 'held' | 'dead'
  readonly key: string | undefined
  /** Why it is here, in a few words: `permanent error`, `8 attempts failed`, `expired`, `crash`, `wrong schema` … */
  readonly reason: string
  readonly errorClass: string | undefined
  readonly errorMessage: string | undefined
  /** The first frame of the error's stack in application code. */
  readonly errorFrame: string | undefined
  readonly attempts: number
  /** How often its effect may have happened without our mark. */
  readonly uncertain: number
  readonly edited: number
  /** The revision to show back when it is replayed, edited or dropped. */
  readonly revision: number
  /** When it was published, taken in here, changed last, will be tried next, expires: milliseconds since 1970. */
  readonly publishedAt: number
  readonly arrivedAt: number
  readonly changedAt: number
  readonly dueAt: number | undefined
  readonly expiresAt: number | undefined
  /** Where the broker had it, for people. */
  readonly origin: string
  /** The key's later messages wait behind it. */
  readonly parks: boolean
}

export interface MessageDetail extends HeldMessage {
  readonly headers: Readonly<Record<string, string>>
  /** As it arrived. Tools mask the fields that `secret` names. */
  readonly body: Uint8Array
  readonly secret: readonly string[]
}

export interface OutboxMessage {
  readonly pos: number
  readonly id: string
  readonly topic: string
  readonly key: string | undefined
  readonly state: 'new' | 'aside'
  /** Why the broker refused it, when it is aside. */
  readonly reason: string | undefined
  readonly createdAt: number
  readonly bytes: number
}

export interface OperationRecord {
  readonly seq: number
  readonly who: string
  readonly at: number
  readonly what: string
  readonly on: string
  readonly result: string
}

export interface ListOptions {
  readonly topic?: string
  readonly group?: string
  /** Only those with a larger pos. @default 0 */
  readonly after?: number
  /** @default 100 */
  readonly limit?: number
}

/** How many dead letters of one topic and group died of one reason. */
export interface DeadCount {
  readonly topic: string
  readonly group: string
  readonly reason: string
  readonly count: number
  /** Of how many the effect may have happened already. */
  readonly uncertain: number
  /** When the first and the last of them died: milliseconds since 1970. */
  readonly oldestAt: number
  readonly newestAt: number
}

/** Who asks, and what they saw. */
export interface Decision {
  readonly who: string
  /** The revision that the person saw; any other is refused with `NOT_DEAD`. */
  readonly revision: number
  /** Replay what has expired, is too old to deduplicate; edit what may have happened already. @default false */
  readonly force?: boolean
}

export interface BulkResult {
  readonly replayed: number
  /** Expired or too old: a person must force each. */
  readonly skipped: number
}

export interface Operations {
  listDead(options?: ListOptions): Promise<readonly HeldMessage[]>
  listHeld(options?: ListOptions): Promise<readonly HeldMessage[]>
  /** All dead letters, counted by topic, group and reason: the most first. */
  countDead(options?: Pick<ListOptions, 'topic' | 'group'>): Promise<readonly DeadCount[]>
  /** A message that is held or dead. @throws BusError `NOT_FOUND`, or `NOT_DEAD` when it is done or dropped */
  show(ref: MessageRef | number): Promise<MessageDetail>
  /** Releases the message in its group, under its id. @throws BusError `NOT_FOUND`, `NOT_DEAD`, `NEEDS_FORCE` */
  replay(ref: MessageRef | number, decision: Decision): Promise<void>
  /** Replays every dead letter that the options name, and skips those that need force. */
  replayAll(options: ListOptions & { readonly who: string }): Promise<BulkResult>
  /** Changes the body in its place and replays it. @throws BusError `INVALID_EDIT` and as `replay` */
  edit(ref: MessageRef | number, body: Uint8Array, decision: Decision): Promise<void>
  /** Ends it without effect; it is remembered as dropped. @throws BusError `NOT_FOUND`, `NOT_DEAD` */
  drop(ref: MessageRef | number, decision: Decision): Promise<void>

  listOutbox(options?: ListOptions & { readonly state?: 'new' | 'aside' }): Promise<readonly OutboxMessage[]>
  /** Sends a message that was set aside again, under its id. @throws BusError `NOT_FOUND`, `NOT_DEAD` */
  sendAside(pos: number, who: string): Promise<void>
  /** @throws BusError `NOT_FOUND`, `NOT_DEAD` */
  dropAside(pos: number, who: string): Promise<void>

  /** Who did what and when, newest first. */
  history(options?: { readonly limit?: number }): Promise<readonly OperationRecord[]>
}
