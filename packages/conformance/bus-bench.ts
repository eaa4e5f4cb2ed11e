/** What a law of the bus works with: processes of services, each a bus with a store and a transport of its own, and what took effect. */
import { randomUUID } from 'node:crypto'
import {
  type Bus,
  type Contract,
  effect,
  type Handler,
  type LogEntry,
  type MessageFacts,
  on,
  openBus,
  type Ports,
  type Store,
  systemPorts,
  type Transport,
  type Tx,
} from '@vestnik/bus'
import { type ContractShape, lawContract } from './bus-contract.ts'
import { addEffect, type Effect, makeEffects, readEffects } from './bus-effects.ts'
import { type Mortal, mortal } from './bus-mortal.ts'
import type { Payload } from './bus-payload.ts'
import type { Variant } from './law.ts'
import { type Opening, openHere } from './opening.ts'
import { until, within } from './waiting.ts'

export interface BusVariant extends Variant {
  readonly kind: Handler['kind']
  readonly order: 'key' | 'none'
}

/** What the pair to be tried says of itself. */
export interface BusFacts {
  /** Opens a member's connection to the broker; all that it opens are on one broker. */
  readonly openTransport: Opening<Transport>
  /** Opens a store on the database of this name: the same one for the same name, another for another. */
  readonly openStore: (database: string) => Promise<Store>
  /** How long until others may have what a dead member held. */
  readonly leaseMs: number
  /** How long a law waits for a fact. @default 15_000 + 3 × leaseMs */
  readonly patienceMs?: number
}

/** What a handler does before its effect: nothing, or it throws, or waits. */
export type Does = (name: string, facts: MessageFacts, tx: Tx | undefined) => void | Promise<void>

export interface HandlerOptions {
  /** @default 'readers' */
  readonly group?: string
  /** @default the variant's */
  readonly kind?: Handler['kind']
  /** Of an effect. @default 10_000 */
  readonly claimMs?: number
}

export interface ProcessOptions {
  /** Processes of one service share its database. @default a service of its own */
  readonly service?: string
  readonly handlers?: readonly Handler[]
  readonly publishes?: readonly Contract[]
  readonly heldLimit?: number
  readonly rememberMs?: number
  readonly ports?: Partial<Ports>
  /** Puts something between the bus and its store. */
  readonly store?: (own: Store) => Store
  /** Puts something between the bus and its broker. */
  readonly transport?: (own: Transport) => Transport
  /** How it may be killed. */
  readonly life?: Mortal
}

/** One process of a service. */
export interface BusProcess {
  readonly service: string
  readonly bus: Bus
  /** The store itself, without what the law put between. */
  readonly store: Store
  readonly logs: readonly LogEntry[]
  /** Publishes one message for each name, each in a transaction of its own, in this order. Resolves with their ids. */
  publish(contract: Contract<Payload>, ...names: readonly string[]): Promise<readonly string[]>
  /** What took effect in this service, in order. */
  effects(group?: string): Promise<readonly Effect[]>
  /** The names of what took effect, in order. */
  names(group?: string): Promise<readonly string[]>
}

export interface BusBench extends AsyncDisposable {
  readonly kind: Handler['kind']
  readonly order: 'key' | 'none'
  readonly leaseMs: number
  readonly patienceMs: number
  /** A name that nobody has used. */
  invent(what: string): string
  /** A contract with a topic of its own, and the one group `readers` if none is named. */
  contract(shape?: ContractShape): Contract<Payload>
  /** A handler of the variant's kind, which does what it is told and then takes effect. */
  handler(contract: Contract<Payload>, does?: Does, options?: HandlerOptions): Handler
  process(options: ProcessOptions): Promise<BusProcess>
  /** A connection to the broker without a bus, as a peer has it. */
  transport(): Promise<Transport>
  life(): Mortal
  until(what: string, fact: () => boolean | Promise<boolean>): Promise<void>
  /** Resolves when these names have taken effect at the process, in any order. */
  untilEffects(process: BusProcess, names: readonly string[], group?: string): Promise<void>
  /** As the promise, with an end to the patience. */
  within<T>(what: string, promise: Promise<T>): Promise<T>
}

export async function openBusBench(facts: BusFacts, variant: BusVariant): Promise<BusBench> {
  const run = randomUUID().slice(0, 8)
  const patienceMs = facts.patienceMs ?? 15_000 + 3 * facts.leaseMs
  const opened: AsyncDisposable[] = []
  const acts: Effect[] = []
  let names = 0

  const bench: BusBench = {
    kind: variant.kind,
    order: variant.order,
    leaseMs: facts.leaseMs,
    patienceMs,
    invent(what) {
      names += 1
      return `${what}-${run}-${names}`
    },
    contract: (shape = {}) => lawContract(shape.topic ?? bench.invent('topic'), variant.order, shape),
    handler(contract, does, options) {
      return handlerOf(contract, { kind: variant.kind, group: 'readers', claimMs: 10_000, ...options }, does, acts)
    },
    async process(options) {
      const process = await openProcess(facts, { service: bench.invent('service'), ...options }, acts, patienceMs)
      opened.push(process)
      return process
    },
    async transport() {
      const transport = await openHere(facts.openTransport)
      opened.push({ [Symbol.asyncDispose]: () => transport.close() })
      return transport
    },
    life: mortal,
    until: (what, fact) => until(patienceMs, what, fact),
    async untilEffects(process, wanted, group) {
      let found: readonly string[] = []
      const have = async () => {
        found = await process.names(group)
        return wanted.every((name) => found.includes(name))
      }
      await until(patienceMs, `the effects of ${wanted.slice(0, 12).join(', ')}`, have).catch(async (error: Error) => {
        error.message += `; took effect: ${found.join(', ')}; waiting: ${await waiting(process)}`
        throw error
      })
    },
    within: (what, promise) => within(patienceMs, promise, what),
    async [Symbol.asyncDispose]() {
      for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
    },
  }
  return bench
}

function handlerOf(
  contract: Contract<Payload>,
  { kind, group, claimMs }: Required<HandlerOptions>,
  does: Does = () => {},
  acts: Effect[],
): Handler {
  if (kind === 'on') {
    return on(contract, group, async ({ name }, { tx, message }) => {
      await does(name, message, tx)
      await addEffect(tx, { group, name, id: message.id })
    })
  }
  const act = async (name: string, message: MessageFacts, idempotencyKey: string) => {
    await does(name, message, undefined)
    acts.push({ topic: message.topic, group, name, id: message.id, idempotencyKey })
  }
  return effect(contract, group, ({ name }, context) => act(name, context.message, context.idempotencyKey), { claimMs })
}

type OpenProcess = BusProcess & AsyncDisposable

async function openProcess(
  facts: BusFacts,
  options: ProcessOptions & { readonly service: string },
  acts: readonly Effect[],
  patienceMs: number,
): Promise<OpenProcess> {
  const { service, life, handlers = [], publishes = [], heldLimit, rememberMs } = options
  const store = await facts.openStore(service)
  const transport = await openHere(facts.openTransport)
  await makeEffects(store)
  const logs: LogEntry[] = []
  const own = { ...systemPorts, ...options.ports }
  const between = <T>(value: T, ...wraps: readonly (((own: T) => T) | undefined)[]): T =>
    wraps.reduce((inner, wrap) => wrap?.(inner) ?? inner, value)
  const bus = await within(
    patienceMs,
    openBus({
      service,
      handlers,
      publishes,
      store: between(store, options.store, life?.store),
      transport: between(transport, options.transport, life?.transport),
      ports: between(own, life?.ports),
      log: (entry) => void logs.push(entry),
      ...(heldLimit !== undefined && { heldLimit }),
      ...(rememberMs !== undefined && { rememberMs }),
    }),
    `open a bus of ${service}`,
  )
  const topics = new Set(handlers.map(({ contract }) => contract.topic))
  const effects = async (group?: string): Promise<readonly Effect[]> => {
    const written = await readEffects(store)
    const acted = acts.filter(({ topic }) => topics.has(topic))
    return [...written, ...acted].filter((one) => group === undefined || one.group === group)
  }
  return {
    service,
    bus,
    store,
    logs,
    effects,
    names: async (group) => (await effects(group)).map(({ name }) => name),
    async publish(contract, ...names) {
      const ids: string[] = []
      // One after another: who does not wait says nothing of order.
      for (const name of names) {
        ids.push(
          await within(
            patienceMs,
            bus.store.transaction((tx) => bus.publish(tx, contract, { name })),
            'publish',
          ),
        )
      }
      return ids
    },
    async [Symbol.asyncDispose]() {
      if (!life?.isDead()) await bus.close()
      await transport.close()
      await store.close()
    },
  }
}

async function waiting({ bus }: BusProcess): Promise<string> {
  const rows = [...(await bus.operations.listHeld()), ...(await bus.operations.listDead())]
  return rows.map(({ key, state, reason, attempts }) => `${key}: ${state} (${reason}, ${attempts})`).join(', ')
}
