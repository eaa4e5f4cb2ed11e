/** Contracts: what a topic's messages are, who must get them, and what becomes of those that fail. A contract is a value. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { BusError } from './errors.ts'

export interface Contract<Payload = unknown, GroupName extends string = string> {
  readonly topic: string
  /** Validates what is published and what arrives. Any Standard Schema: zod, valibot, arktype … */
  readonly schema: StandardSchemaV1<unknown, Payload>
  /** Messages with the same key take effect in order. Undefined: no order. */
  readonly key: OfPayload<Payload, string | undefined>['read'] | undefined
  readonly partitions: number
  readonly version: number
  /** The groups that must get every message. With none, an unread message counts as sent. */
  readonly groups: readonly ContractGroup<GroupName>[]
  readonly retry: RetryPolicy
  /** After this time a message has no effect any more. Undefined: it never expires. */
  readonly lifeMs: number | undefined
  readonly afterDead: 'continue' | 'park'
  readonly uncertain: 'repeat' | 'dead'
  /** The id of a message from a peer that sends none; undefined: such a message is handled at least once. */
  readonly idOf: OfPayload<Payload, string>['read'] | undefined
  /** Dotted paths of the payload that tools mask: `code`, `user.password`. */
  readonly secret: readonly string[]
}

/** A function of the payload. As a method's type, so that a contract of any payload is a `Contract` where all kinds are listed. */
interface OfPayload<Payload, Value> {
  read(payload: Payload): Value
}

export interface ContractGroup<Name extends string = string> {
  readonly name: Name
  /** @default 'key' where the contract has a key, else 'none' */
  readonly order: 'key' | 'none'
  /** How many of its handlers run at once in one process. @default 16 */
  readonly concurrency: number
}

export interface RetryPolicy {
  /** Starts of the handler that end in an error before the message becomes a dead letter. @default 8 */
  readonly attempts: number
  /** @default 200 */
  readonly firstDelayMs: number
  /** Each delay doubles the one before, up to this. @default 300_000 */
  readonly maxDelayMs: number
}

export interface ContractOptions<Payload, GroupName extends string> {
  readonly schema: StandardSchemaV1<unknown, Payload>
  readonly key?: (payload: Payload) => string | undefined
  /** The groups that must get every message, by name, or with settings of their own. @default [] */
  readonly groups?: readonly (GroupName | GroupOptions<GroupName>)[]
  /** How many ways a broker may split the topic. @default 12 */
  readonly partitions?: number
  /** Rises when old readers cannot read new payloads: they keep those as dead letters until they are upgraded. @default 1 */
  readonly version?: number
  readonly retry?: Partial<RetryPolicy>
  /** @default none: messages never expire */
  readonly lifeMs?: number
  /** What a key's later messages do behind a dead letter: go on, or wait until it is replayed or dropped. @default 'continue' */
  readonly afterDead?: 'continue' | 'park'
  /** What becomes of an effect that may have happened: again with the same key and content, or a dead letter. @default 'repeat' */
  readonly uncertain?: 'repeat' | 'dead'
  readonly idOf?: (payload: Payload) => string
  /** @default [] */
  readonly secret?: readonly string[]
}

export interface GroupOptions<Name extends string> {
  readonly name: Name
  readonly order?: 'key' | 'none'
  readonly concurrency?: number
}

/** What a contract's publishers may pass, and its handlers get. */
export type PayloadOf<C> = C extends Contract<infer Payload, infer _> ? Payload : never

const defaultRetry: RetryPolicy = { attempts: 8, firstDelayMs: 200, maxDelayMs: 300_000 }

/**
 * A contract for the messages of one topic. Keep one for each topic, in a module that publishers and readers share.
 * @throws BusError `BAD_NAME`, `BAD_OPTION`, `GROUP_CONFLICT`
 */
export function contract<Payload, const GroupName extends string = string>(
  topic: string,
  options: ContractOptions<Payload, GroupName>,
): Contract<Payload, GroupName> {
  checkName('topic', topic)
  const of = `contract ${topic}`
  const groups = (options.groups ?? []).map((group) => readGroup(of, group, options.key !== undefined))
  const twice = groups.find((group, i) => groups.findIndex((other) => other.name === group.name) !== i)
  if (twice) throw new BusError('GROUP_CONFLICT', `${of}: group ${twice.name} is named twice`)
  const retry = { ...defaultRetry, ...options.retry }
  checkWhole(`${of}: retry.attempts`, retry.attempts, 1)
  checkWhole(`${of}: retry.firstDelayMs`, retry.firstDelayMs, 0)
  checkWhole(`${of}: retry.maxDelayMs`, retry.maxDelayMs, retry.firstDelayMs)
  return {
    topic,
    schema: checkSchema(of, options.schema),
    key: options.key,
    partitions: checkWhole(`${of}: partitions`, options.partitions ?? 12, 1, 10_000),
    version: checkWhole(`${of}: version`, options.version ?? 1, 1),
    groups,
    retry,
    lifeMs: options.lifeMs === undefined ? undefined : checkWhole(`${of}: lifeMs`, options.lifeMs, 1),
    afterDead: checkOneOf(`${of}: afterDead`, options.afterDead ?? 'continue', ['continue', 'park']),
    uncertain: checkOneOf(`${of}: uncertain`, options.uncertain ?? 'repeat', ['repeat', 'dead']),
    idOf: options.idOf,
    secret: options.secret ?? [],
  }
}

function readGroup<Name extends string>(
  of: string,
  given: Name | GroupOptions<Name>,
  keyed: boolean,
): ContractGroup<Name> {
  const group: GroupOptions<Name> = typeof given === 'string' ? { name: given } : given
  const at = `${of}: group ${group.name}`
  checkName(`${of}: group`, group.name)
  return {
    name: group.name,
    order: checkOneOf(`${at}: order`, group.order ?? (keyed ? 'key' : 'none'), ['key', 'none']),
    concurrency: checkWhole(`${at}: concurrency`, group.concurrency ?? 16, 1, 10_000),
  }
}

/** Names that every broker can carry: no spaces, no wildcards, no control characters. */
export function checkName(what: string, name: string): string {
  if (typeof name === 'string' && /^[A-Za-z][A-Za-z0-9._-]{0,119}$/.test(name)) return name
  throw new BusError(
    'BAD_NAME',
    `${what} ${JSON.stringify(name)}: a name is 1 to 120 of letters, digits, dot, dash and underscore, and begins with a letter`,
  )
}

export function checkWhole(what: string, value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`
  throw new BusError('BAD_OPTION', `${what} is ${String(value)}: it must be a whole number ${range}`)
}

export function checkOneOf<Value extends string>(what: string, value: Value, allowed: readonly Value[]): Value {
  if (allowed.includes(value)) return value
  throw new BusError('BAD_OPTION', `${what} is ${JSON.stringify(value)}: it must be one of ${allowed.join(', ')}`)
}

function checkSchema<Payload>(
  of: string,
  schema: StandardSchemaV1<unknown, Payload>,
): StandardSchemaV1<unknown, Payload> {
  if (typeof schema?.['~standard']?.validate === 'function') return schema
  throw new BusError('BAD_OPTION', `${of}: schema is not a Standard Schema (zod, valibot, arktype and others are)`)
}
