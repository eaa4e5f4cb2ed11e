/** Opening a bus: options are checked, tables and places are made, the relay, the runners and the deliveries are started. */
import { createAdded } from './added.ts'
import { type AtBroker, startAt } from './at-broker.ts'
import { type Brokers, brokersOf } from './brokers.ts'
import type { Bus, BusOptions, LogEntry } from './bus.ts'
import { type Contract, checkName, checkWhole } from './contract.ts'
import { deliverTo } from './deliver.ts'
import type { Engine } from './engine.ts'
import { BusError } from './errors.ts'
import { createGate } from './gate.ts'
import { inboxFor } from './inbox.ts'
import { operationsOn } from './operations-on.ts'
import { type Outbox, outboxFor } from './outbox.ts'
import { lookAtTables } from './overview.ts'
import { type Place, placesOf } from './place.ts'
import { publisher } from './publish.ts'
import { adoptRestored } from './restored.ts'
import { startForgetting } from './retention.ts'
import { roomFor } from './room.ts'
import { startRunner } from './runner.ts'
import { migrate } from './schema.ts'
import { waitSettled } from './settled.ts'
import { sqlFor } from './sql.ts'
import type { Tx } from './store.ts'
import { systemPorts } from './system.ts'
import { createTelemetry, observeTables } from './telemetry.ts'
import { createTracker } from './tracker.ts'
import type { Health } from './transport.ts'
import { untilDeadline } from './until-deadline.ts'

const dayMs = 24 * 60 * 60 * 1000
/** How long `close` waits when it is given no deadline. */
const closeMs = 10_000

/**
 * Opens a bus on the service's store and its transports, all of which stay the caller's. Resolves when its tables are
 * made and its places are asked of the broker; a broker that is away is waited for in private, for as long as it takes.
 * @throws BusError `BAD_NAME`, `BAD_OPTION`, `CONTRACT_CONFLICT`, `GROUP_CONFLICT`, `TOPOLOGY_CONFLICT`, `NEWER_VERSION`
 */
export async function openBus<T extends Tx = Tx>(options: BusOptions<T>): Promise<Bus<T>> {
  const places = placesOf((options.handlers as BusOptions['handlers']) ?? [])
  const contracts = contractsOf([...places.map(({ contract }) => contract), ...(options.publishes ?? [])])
  const outbox = outboxFor(sqlFor(options.store.dialect))
  const engine = engineOf(options, places, contracts, outbox)
  const { store, brokers, ports, sql, log } = engine
  await migrate(store, ports)
  await adoptRestored(store, sql)

  const inbox = inboxFor(sql)
  const atBrokers = brokers.all.map((broker) => startAt(engine, outbox, broker, contracts))
  const running = places.map((place) => {
    const runner = startRunner(engine, inbox, place)
    const deliver = deliverTo(engine, inbox, place, roomFor(engine, inbox, place), runner.ready)
    return { place, runner, deliver }
  })
  const changed = () => {
    for (const at of atBrokers) at.wake()
    for (const { runner } of running) runner.wakeNow()
  }
  const unwatch = store.watch(() => {
    for (const at of atBrokers) at.wake()
    for (const { runner } of running) runner.wake()
  })
  const unobserve = observeTables(() => store.read((tx) => lookAtTables(tx, sql, places, ports.now())))
  const forgetting = startForgetting(engine, inbox)
  const subscribed = await Promise.allSettled(atBrokers.map((at) => at.subscribe(running)))
  const failed = subscribed.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') {
    await drain(AbortSignal.abort())
    await stop(AbortSignal.abort())
    throw failed.reason
  }
  let closing: Promise<void> | undefined

  return {
    store: options.store,
    operations: operationsOn(store, ports.now, changed, ports.crash),
    async publish(tx, contract, payload, publishOptions) {
      if (closing) throw new BusError('BUS_CLOSED', `publish ${contract.topic}: the bus of ${engine.service} is closed`)
      return engine.publish(tx, contract as Contract, payload, publishOptions)
    },
    settled: () => waitSettled(engine, outbox),
    health: () => healthOf(brokers, atBrokers),
    close: (deadline) => (closing ??= close(deadline)),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }

  async function close(given?: AbortSignal): Promise<void> {
    const late = new AbortController()
    const deadline = given ?? late.signal
    const closed = new AbortController()
    const timer = given ? Promise.resolve() : ports.sleep(closeMs, closed.signal).then(() => late.abort())
    await drain(deadline)
    await stop(deadline)
    closed.abort()
    await timer
    log({ level: 'info', message: 'bus closed' })
  }

  async function stop(deadline: AbortSignal): Promise<void> {
    unobserve()
    unwatch()
    await forgetting.stop()
    await untilDeadline(Promise.all(running.map(({ runner }) => runner.stop())), deadline)
    await Promise.all(atBrokers.map((at) => at.stop(deadline)))
  }

  async function drain(deadline: AbortSignal): Promise<void> {
    await Promise.all(atBrokers.map((at) => at.drain(deadline)))
  }
}

/** Where there are several, the reason names those that are in trouble. */
function healthOf({ all }: Brokers, atBrokers: readonly AtBroker[]): Health {
  const each = atBrokers.map((at) => at.health())
  const [only] = each
  if (only && each.length === 1) return only
  if (each.every(({ ready }) => ready)) return { ready: true }
  const reasons = each.flatMap(({ ready, reason }, i) => (ready ? [] : [`${all[i]?.name}: ${reason ?? 'not ready'}`]))
  return { ready: false, reason: reasons.join('; ') }
}

function engineOf<T extends Tx>(
  options: BusOptions<T>,
  places: readonly Place[],
  contracts: ReadonlyMap<string, Contract>,
  outbox: Outbox,
): Engine {
  const service = checkName('open bus: service', options.service)
  const ports = options.ports ?? systemPorts
  const brokers = brokersOf(options.transport, options.routes ?? [], contracts.keys())
  const telemetry = createTelemetry((topic) => brokers.of(topic).transport.name, ports.now)
  const added = createAdded(ports.now)
  const groupsOf = new Map<string, string[]>()
  for (const { topic, group } of places) groupsOf.set(topic, [...(groupsOf.get(topic) ?? []), group])
  return {
    service,
    // The engine hands a handler the very `tx` that the store made: the narrower type is the handler's own.
    store: options.store as unknown as Engine['store'],
    brokers,
    ports,
    sql: sqlFor(options.store.dialect),
    log: options.log ?? logToStandardError,
    heldLimit: checkWhole('open bus: heldLimit', options.heldLimit ?? 10_000, 1),
    rememberMs: checkWhole('open bus: rememberMs', options.rememberMs ?? 7 * dayMs, 1_000),
    gate: createGate(),
    tracker: createTracker(groupsOf),
    telemetry,
    added,
    publish: publisher({ service, ports, telemetry, added }, outbox, contracts),
  }
}

/** @throws BusError `CONTRACT_CONFLICT` */
function contractsOf(all: readonly Contract[]): ReadonlyMap<string, Contract> {
  const byTopic = new Map<string, Contract>()
  for (const contract of all) {
    const known = byTopic.get(contract.topic)
    if (known && known !== contract) {
      throw new BusError(
        'CONTRACT_CONFLICT',
        `open bus: two contracts for topic ${contract.topic}; keep one in a shared module and import it everywhere`,
      )
    }
    byTopic.set(contract.topic, contract)
  }
  return byTopic
}

function logToStandardError({ level, message, topic, group, id, error }: LogEntry): void {
  if (level === 'info') return
  const about = [topic, group, id].filter(Boolean).join(' ')
  const why = error instanceof Error ? `: ${error.message}` : ''
  console.error(`vestnik ${level}: ${message}${about && ` (${about})`}${why}`)
}
