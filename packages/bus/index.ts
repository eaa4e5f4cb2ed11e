/** Vestnik's bus: contracts, publish, handle, retry, dead letters, replay. The same on every broker and database. */
export { isOneOf } from './brokers.ts'
export type { Bus, BusOptions, LogEntry, PublishOptions, Route } from './bus.ts'
export {
  type Contract,
  type ContractGroup,
  type ContractOptions,
  contract,
  type GroupOptions,
  type PayloadOf,
  type RetryPolicy,
} from './contract.ts'
export {
  BusError,
  type Code,
  codes,
  factsOf,
  hasCode,
  PublishError,
  permanent,
  type Refusal,
  uncertain,
} from './errors.ts'
export {
  type EffectContext,
  type EffectHandler,
  effect,
  type Handler,
  type MessageFacts,
  type OnContext,
  type OnHandler,
  on,
} from './handler.ts'
export { openBus } from './open-bus.ts'
export type * from './operations.ts'
export { operationsOn } from './operations-on.ts'
export { type CrashPoint, crashPoints, type Ports } from './ports.ts'
export { checkTables } from './schema.ts'
export type { Dialect, Row, SqlValue, Store, Tx } from './store.ts'
export { systemPorts } from './system.ts'
export type {
  Deliver,
  Group,
  Health,
  Incoming,
  Outgoing,
  Subscription,
  Topic,
  Topology,
  Traits,
  Transport,
} from './transport.ts'
export { handleWithoutInbox, publishWithoutOutbox, type WithoutStore } from './without-store.ts'
