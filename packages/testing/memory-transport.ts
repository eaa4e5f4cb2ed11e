/** A broker in memory: the readable reference of the transport seam. It takes its time from the clock that it is given. */
import type { Outgoing, Ports, Refusal, Topology, Transport } from '@vestnik/bus'
import { BusError, PublishError } from '@vestnik/bus/errors'
import { copyOf, openPlace, type Place, type PlaceMember } from './memory-place.ts'

export interface MemoryOptions {
  /** Waits before a message that was handed back comes again. @default the machine's clock */
  readonly sleep?: Ports['sleep']
  /** @default 1 MiB */
  readonly maxBodyBytes?: number
  /** How long a message that was handed back waits. @default 50 */
  readonly pauseMs?: number
}

export interface MemoryBroker {
  /** One more member's connection. Members of one group share its messages. */
  open(): Transport
  /** How many messages of the topic some group has not ended yet. */
  kept(topic: string): number
}

/** A transport on a broker of its own; `memoryBroker` lets several share one. What it holds lives as long as the process. */
export const memoryTransport = (options?: MemoryOptions): Transport => memoryBroker(options).open()

/** A broker that lives in this process, and as long as it. */
export function memoryBroker(options: MemoryOptions = {}): MemoryBroker {
  const { sleep = machineSleep, maxBodyBytes = 1024 * 1024, pauseMs = 50 } = options
  const broker: Broker = { topics: new Map(), maxBodyBytes, pause: () => sleep(pauseMs), positions: 0 }
  return {
    open: () => openMember(broker),
    kept: (topic) => Math.max(0, ...placesOf(broker, topic).map((place) => place.left())),
  }
}

interface Broker {
  readonly topics: Map<string, { readonly partitions: number; readonly places: Map<string, Place> }>
  readonly maxBodyBytes: number
  readonly pause: () => Promise<void>
  positions: number
}

const placesOf = (broker: Broker, topic: string): Place[] => [...(broker.topics.get(topic)?.places.values() ?? [])]

function openMember(broker: Broker): Transport {
  const members = new Set<PlaceMember>()
  let closed = false
  const checkOpen = (what: string) => {
    if (closed) throw new BusError('TRANSPORT_CLOSED', `${what}: the memory transport is closed`)
  }
  return {
    name: 'memory',
    traits: { retainsHistory: false, maxBodyBytes: broker.maxBodyBytes },
    async ensure(topology) {
      checkOpen('ensure')
      check(broker, topology)
      make(broker, topology)
    },
    async publish(messages) {
      checkOpen('publish')
      store(broker, messages)
    },
    async subscribe({ topic, name, concurrency }, deliver) {
      checkOpen(`subscribe ${name} to ${topic}`)
      const place = broker.topics.get(topic)?.places.get(name)
      if (!place) throw new BusError('UNKNOWN_TOPIC', `subscribe: ${topic} has no place for group ${name}`)
      const member = place.join(concurrency, deliver)
      members.add(member)
      return { drain: (deadline) => member.drain(deadline) }
    },
    health: () => (closed ? { ready: false, reason: 'the memory transport is closed' } : { ready: true }),
    async close() {
      closed = true
      for (const member of members) member.leave()
      members.clear()
    },
  }
}

/** Everything is checked before anything is made. */
function check({ topics: made }: Broker, { topics, groups }: Topology): void {
  const conflict = (why: string) => new BusError('TOPOLOGY_CONFLICT', `ensure: ${why}`)
  for (const { name, partitions } of topics) {
    const found = made.get(name)?.partitions ?? partitions
    if (found !== partitions) throw conflict(`topic ${name} has ${found} partitions, not ${partitions}`)
  }
  for (const { topic, name, order } of groups) {
    const found = made.get(topic)?.places.get(name)?.order ?? order
    if (found !== order) throw conflict(`group ${name} of ${topic} has order '${found}', not '${order}'`)
    if (made.has(topic) || topics.some((it) => it.name === topic)) continue
    throw new BusError('UNKNOWN_TOPIC', `ensure: group ${name} is for ${topic}, which does not exist`)
  }
}

function make({ topics: made, pause }: Broker, { topics, groups }: Topology): void {
  for (const { name, partitions } of topics) {
    if (!made.has(name)) made.set(name, { partitions, places: new Map() })
  }
  for (const { topic, name, order } of groups) {
    const places = made.get(topic)?.places
    if (!places?.has(name)) places?.set(name, openPlace(order, pause))
  }
}

/** Stores what can be stored. Behind a refused message nothing of its key is: it is doubtful. */
function store(broker: Broker, messages: readonly Outgoing[]): void {
  const refused: Refusal[] = []
  const doubtful: string[] = []
  const blocked = new Set<string>()
  for (const message of messages) {
    const { id, topic, key } = message
    const lane = JSON.stringify([topic, key])
    const code = refusal(broker, message)
    if (key !== undefined && blocked.has(lane)) doubtful.push(id)
    else if (code) {
      refused.push({ id, code })
      blocked.add(lane)
    } else append(broker, message)
  }
  const exceptions = refused.length + doubtful.length
  if (exceptions === 0) return
  const why = [...new Set(refused.map(({ code }) => code))].join(', ')
  const message = `publish: ${exceptions} of ${messages.length} messages are not stored: ${why}`
  throw new PublishError(message, { doubtful, refused })
}

function refusal({ topics, maxBodyBytes }: Broker, { topic, body }: Outgoing): Refusal['code'] | undefined {
  if (!topics.has(topic)) return 'UNKNOWN_TOPIC'
  return body.length > maxBodyBytes ? 'BODY_TOO_LARGE' : undefined
}

function append(broker: Broker, message: Outgoing): void {
  broker.positions += 1
  const at = `memory:${message.topic}/${broker.positions}`
  const kept = copyOf(message)
  for (const place of placesOf(broker, message.topic)) place.add(kept, at)
}

function machineSleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
