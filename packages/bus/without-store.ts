/**
 * For programs without a database. Publishing without an outbox: nothing ties the message to a transaction. Handling
 * without an inbox: at least once, retries in memory, dead letters in a topic of their own.
 */
import { type Contract, checkName, checkOneOf } from './contract.ts'
import { describeFailure } from './failure.ts'
import { toGroup } from './place.ts'
import { decide } from './policy.ts'
import type { Ports } from './ports.ts'
import { writer } from './publish.ts'
import { systemPorts } from './system.ts'
import type { Incoming, Outgoing, Subscription, Transport } from './transport.ts'
import { type Arrival, decode } from './wire.ts'

export interface WithoutStore {
  readonly service: string
  readonly transport: Transport
  /** @default the machine's own */
  readonly ports?: Ports
}

/**
 * Publishes straight to the broker. Resolves with the id when the broker holds the message durably. What is given up:
 * a crash before that loses the message whatever else was done, and a caller who tries again makes a second message.
 * @throws BusError `INVALID_PAYLOAD`; PublishError
 */
export async function publishWithoutOutbox<Payload>(
  { service, transport, ports = systemPorts }: WithoutStore,
  contract: Contract<Payload>,
  payload: NoInfer<Payload>,
): Promise<string> {
  const write = writer({ service: checkName('service', service), now: ports.now, id: ports.id, inject: () => {} })
  const message = await write(contract as Contract, payload, {})
  await placesOf(transport, contract as Contract)
  await transport.publish([message])
  return message.id
}

const made = new WeakMap<Transport, Map<string, Promise<void>>>()

/** Makes the contract's places once for each transport, and again only where that failed. */
function placesOf(transport: Transport, contract: Contract): Promise<void> {
  const known = made.get(transport) ?? new Map<string, Promise<void>>()
  made.set(transport, known)
  const making = known.get(contract.topic) ?? transport.ensure(topologyOf(contract))
  known.set(contract.topic, making)
  making.catch(() => known.delete(contract.topic))
  return making
}

/**
 * Handles a group's messages at least once. A failed message is tried again in memory, its key waiting; then it goes to
 * the topic `<topic>.<group>.dead`, which has one group, `dead`, and is confirmed there before the broker may forget it.
 * @throws BusError `GROUP_CONFLICT` as `BAD_OPTION` for a group that the contract does not name
 */
export async function handleWithoutInbox<Payload, GroupName extends string>(
  { transport, ports = systemPorts }: WithoutStore,
  contract: Contract<Payload, GroupName>,
  group: NoInfer<GroupName>,
  handle: (payload: Payload, message: Incoming) => Promise<void> | void,
): Promise<Subscription> {
  const place = toGroup(contract as Contract).find(({ name }) => name === group)
  checkOneOf(
    `handle ${contract.topic}: group`,
    group as string,
    contract.groups.map(({ name }) => name),
  )
  const deadTopic = `${contract.topic}.${group}.dead`
  const { topics, groups } = topologyOf(contract as Contract)
  await transport.ensure({
    topics: [...topics, { name: deadTopic, partitions: 1 }],
    groups: [...groups, { topic: deadTopic, name: 'dead', concurrency: 1, order: 'none' }],
  })

  return transport.subscribe(place as NonNullable<typeof place>, async (message, signal) => {
    for (let attempts = 1; ; attempts += 1) {
      const tried = tryOnce(message)
      // What ended at once is not waited for: it is nearly all that a message costs here.
      const failure = tried instanceof Promise ? await tried : tried
      if (!failure) return
      const { error, expires } = failure
      const decision = decide({ error, attempts, expires, now: ports.now() }, contract.retry, 'repeat', ports.random)
      if (decision.state === 'dead') return bury(message, decision.reason, error)
      await ports.sleep(decision.afterMs, signal)
      signal.throwIfAborted()
    }
  })

  function tryOnce(message: Incoming): Tried | Promise<Tried> {
    const arrival = decode(contract as Contract, message, ports.now(), ports.id)
    return arrival instanceof Promise ? arrival.then((later) => handled(message, later)) : handled(message, arrival)
  }

  function handled(message: Incoming, { defect, payload, expires }: Arrival): Tried | Promise<Tried> {
    try {
      if (defect) throw defect.error
      const handling = handle(payload as Payload, message)
      return handling === undefined ? undefined : settled(handling, expires)
    } catch (error) {
      return { error, expires }
    }
  }

  async function bury(message: Incoming, reason: string, error: unknown): Promise<void> {
    const { errorClass, errorMessage } = describeFailure(error)
    const headers = {
      ...message.headers,
      'vestnik-reason': reason,
      'vestnik-error': `${errorClass}: ${errorMessage}`,
      'vestnik-origin': message.at,
    }
    const { redelivered: _, at: __, ...rest } = message
    const letter: Outgoing = { ...rest, id: message.id || ports.id(), topic: deadTopic, headers }
    await transport.publish([letter])
  }
}

/** What one attempt came to: undefined when it succeeded. */
type Tried = { readonly error: unknown; readonly expires: number | undefined } | undefined

async function settled(handling: void | Promise<void>, expires: number | undefined): Promise<Tried> {
  try {
    await handling
    return undefined
  } catch (error) {
    return { error, expires }
  }
}

function topologyOf(contract: Contract) {
  return { topics: [{ name: contract.topic, partitions: contract.partitions }], groups: toGroup(contract) }
}
