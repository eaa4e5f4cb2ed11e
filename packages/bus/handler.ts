/** Handlers: what a service does with a message. Two kinds: `on` writes to its own database, `effect` acts outside it. */
import type { PublishHere } from './bus.ts'
import type { Contract } from './contract.ts'
import type { Tx } from './store.ts'

/** What a handler may know of the message besides its payload. */
export interface MessageFacts {
  readonly id: string
  readonly topic: string
  readonly group: string
  /** The service that published it; `''` for a peer that does not say. */
  readonly source: string
  readonly key: string | undefined
  /** When it was published: milliseconds since 1970. */
  readonly time: number
  /** 1 at the first start of the handler. */
  readonly attempt: number
}

export interface OnContext<T extends Tx = Tx> {
  /** The transaction in which the message is marked as handled: what is written in it takes effect exactly once. */
  readonly tx: T
  readonly message: MessageFacts
  /** As `bus.publish`, in `tx`: what is published commits with the effect. One that is not awaited is waited for. */
  readonly publish: PublishHere
}

export interface EffectContext {
  /** The same for every repeat of this effect, and another after an edit: hand it to the outside system. */
  readonly idempotencyKey: string
  /** Aborts when the claim ends: an effect that goes on after that may be repeated beside it. */
  readonly signal: AbortSignal
  readonly message: MessageFacts
}

export interface OnHandler<T extends Tx = Tx> {
  readonly kind: 'on'
  readonly contract: Contract
  readonly group: string
  readonly handle: (payload: unknown, context: OnContext<T>) => Promise<void> | void
}

export interface EffectHandler {
  readonly kind: 'effect'
  readonly contract: Contract
  readonly group: string
  readonly act: (payload: unknown, context: EffectContext) => Promise<void> | void
  /** How long one act may take, all its deadlines included. After it the outcome is uncertain. */
  readonly claimMs: number
}

export type Handler<T extends Tx = Tx> = OnHandler<T> | EffectHandler

/**
 * Handles messages inside the transaction that marks them as handled: exactly once. It awaits nothing but its `tx`
 * (a second at most), and may be called again after a rollback, so it keeps nothing outside `tx`.
 */
export function on<Payload, GroupName extends string, T extends Tx = Tx>(
  contract: Contract<Payload, GroupName>,
  group: NoInfer<GroupName>,
  handle: (payload: Payload, context: OnContext<T>) => Promise<void> | void,
): OnHandler<T> {
  // The bus validates every payload with the contract's schema before it calls the handler.
  return { kind: 'on', contract: contract as Contract, group, handle: handle as OnHandler<T>['handle'] }
}

/**
 * Acts outside the database (mail, HTTP): at least once, under a claim that is committed first. It may repeat only when
 * a process or connection dies between the outside system's acceptance and our mark; that is counted as uncertain.
 */
export function effect<Payload, GroupName extends string>(
  contract: Contract<Payload, GroupName>,
  group: NoInfer<GroupName>,
  act: (payload: Payload, context: EffectContext) => Promise<void> | void,
  options: { /** @default 60_000 */ readonly claimMs?: number } = {},
): EffectHandler {
  return {
    kind: 'effect',
    contract: contract as Contract,
    group,
    act: act as EffectHandler['act'],
    claimMs: options.claimMs ?? 60_000,
  }
}
