/** What a bus does at one of its brokers: makes its places, takes from them, and relays what the outbox has for it. */
import type { Broker } from './brokers.ts'
import type { Contract } from './contract.ts'
import type { Engine } from './engine.ts'
import type { Outbox } from './outbox.ts'
import { type Place, toGroup } from './place.ts'
import { startRelay } from './relay.ts'
import { type Subscriptions, subscribeAll } from './subscriptions.ts'
import type { Deliver, Health } from './transport.ts'

export interface AtBroker {
  /** Something was committed: perhaps a message. */
  wake(): void
  /** Resolves as `subscribeAll` does. @throws BusError `TOPOLOGY_CONFLICT`, `BAD_OPTION` */
  subscribe(places: readonly Reader[]): Promise<void>
  health(): Health
  /** Takes nothing new, and waits for the deliveries that run. */
  drain(deadline: AbortSignal): Promise<void>
  /** Sends what the outbox has for it. */
  stop(deadline: AbortSignal): Promise<void>
}

export interface Reader {
  readonly place: Place
  readonly deliver: Deliver
}

/** `contracts`: all of the bus; those of other brokers are left alone. */
export function startAt(
  engine: Engine,
  outbox: Outbox,
  broker: Broker,
  contracts: ReadonlyMap<string, Contract>,
): AtBroker {
  const { transport, carries = () => true } = broker
  const topology = topologyOf([...contracts.values()].filter(({ topic }) => carries(topic)))
  const ensured = Promise.withResolvers<void>()
  const relay = startRelay(engine, outbox, broker, {
    made: ensured.promise,
    makeAgain: async (topic) => contracts.has(topic) && transport.ensure(topology).then(() => true),
  })
  let subscriptions: Subscriptions | undefined

  return {
    wake: relay.wake,
    async subscribe(all) {
      const places = all.filter(({ place }) => carries(place.topic))
      subscriptions = await subscribeAll(engine, transport, topology, places, ensured.resolve)
    },
    health() {
      const { ready, reason } = transport.health()
      const trouble = subscriptions?.trouble() ?? reason ?? relay.trouble()
      return trouble === undefined ? { ready } : { ready: false, reason: trouble }
    },
    drain: async (deadline) => subscriptions?.drain(deadline),
    stop: relay.stop,
  }
}

function topologyOf(contracts: readonly Contract[]) {
  return {
    topics: contracts.map(({ topic, partitions }) => ({ name: topic, partitions })),
    groups: contracts.flatMap(toGroup),
  }
}
