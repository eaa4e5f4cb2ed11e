/** A broker in memory: the readable reference of the transport seam. It takes its time from the clock that it is given. */
import type { Deliver, Group, Incoming, Outgoing, Ports, Refusal, Topology, Transport } from '@vestnik/bus'
import { BusError, PublishError } from '@vestnik/bus/errors'
import { type Fifo, fifo } from './fifo.ts'

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
  const broker: Broker = {
    topics: new Map(),
    positions: 0,
    sleep: options.sleep ?? machineSleep,
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
    pauseMs: options.pauseMs ?? 50,
  }
  return {
    open: () => openMember(broker),
    kept: (topic) => Math.max(0, ...[...(broker.topics.get(topic)?.places.values() ?? [])].map((place) => place.left)),
  }
}

interface Broker {
  readonly topics: Map<string, { readonly partitions: number; readonly places: Map<string, Place> }>
  positions: number
  readonly sleep: Ports['sleep']
  readonly maxBodyBytes: number
  readonly pauseMs: number
}

/** A group's place at the broker. A lane is in `ready` exactly while its first message may be handed out. */
interface Place {
  readonly order: Group['order']
  readonly lanes: Map<string, Lane>
  readonly ready: Fifo<Lane>
  readonly members: Set<Member>
  left: number
}

/** Messages of which one at a time is handed out: those of a key, or a single one that has no order. */
interface Lane {
  readonly key: string | undefined
  readonly entries: Fifo<Entry>
}

interface Entry {
  readonly message: Outgoing
  readonly at: string
  handedOut: boolean
}

interface Member {
  readonly deliver: Deliver
  readonly concurrency: number
  /** What runs, each with the lane that waits for it. A delivery that is not in here any more ends nothing. */
  readonly running: Map<AbortController, Lane>
  readonly idle: (() => void)[]
  draining: boolean
}

function openMember(broker: Broker): Transport {
  const members = new Map<Member, Place>()
  let closed = false
  const checkOpen = (what: string) => {
    if (closed) throw new BusError('TRANSPORT_CLOSED', `${what}: the memory transport is closed`)
  }
  return {
    name: 'memory',
    traits: { retainsHistory: false, maxBodyBytes: broker.maxBodyBytes },
    async ensure(topology) {
      checkOpen('ensure')
      checkTopology(broker, topology)
      make(broker, topology)
    },
    async publish(messages) {
      checkOpen('publish')
      store(broker, messages)
    },
    async subscribe(group, deliver) {
      checkOpen(`subscribe ${group.name} to ${group.topic}`)
      const place = broker.topics.get(group.topic)?.places.get(group.name)
      if (!place) throw new BusError('UNKNOWN_TOPIC', `subscribe: ${group.topic} has no place for group ${group.name}`)
      const member = { deliver, concurrency: group.concurrency, running: new Map(), idle: [], draining: false }
      members.set(member, place)
      place.members.add(member)
      pump(broker, place)
      return { drain: (deadline) => drain(broker, place, member, deadline) }
    },
    health: () => (closed ? { ready: false, reason: 'the memory transport is closed' } : { ready: true }),
    async close() {
      closed = true
      for (const [member, place] of members) {
        place.members.delete(member)
        letGo(broker, place, member)
      }
      members.clear()
    },
  }
}

/** Everything is checked before anything is made. */
function checkTopology(broker: Broker, { topics, groups }: Topology): void {
  for (const topic of topics) {
    const found = broker.topics.get(topic.name)?.partitions ?? topic.partitions
    if (found !== topic.partitions) {
      throw conflict(`topic ${topic.name} has ${found} partitions, not ${topic.partitions}`)
    }
  }
  for (const group of groups) {
    const order = broker.topics.get(group.topic)?.places.get(group.name)?.order ?? group.order
    if (order !== group.order) {
      throw conflict(`group ${group.name} of ${group.topic} has order '${order}', not '${group.order}'`)
    }
    if (!broker.topics.has(group.topic) && !topics.some((topic) => topic.name === group.topic)) {
      throw new BusError('UNKNOWN_TOPIC', `ensure: group ${group.name} is for ${group.topic}, which does not exist`)
    }
  }
}

const conflict = (why: string) => new BusError('TOPOLOGY_CONFLICT', `ensure: ${why}`)

function make(broker: Broker, { topics, groups }: Topology): void {
  for (const { name, partitions } of topics) {
    if (!broker.topics.has(name)) broker.topics.set(name, { partitions, places: new Map() })
  }
  for (const { topic, name, order } of groups) {
    const places = broker.topics.get(topic)?.places
    if (places?.has(name)) continue
    places?.set(name, { order, lanes: new Map(), ready: fifo(), members: new Set(), left: 0 })
  }
}

/** Stores what can be stored. Behind a refused message nothing of its key is: it is doubtful. */
function store(broker: Broker, messages: readonly Outgoing[]): void {
  const refused: Refusal[] = []
  const doubtful: string[] = []
  const blocked = new Set<string>()
  const keyOf = ({ topic, key }: Outgoing) => JSON.stringify([topic, key])
  for (const message of messages) {
    const code = refusal(broker, message)
    if (message.key !== undefined && blocked.has(keyOf(message))) doubtful.push(message.id)
    else if (code) {
      refused.push({ id: message.id, code })
      blocked.add(keyOf(message))
    } else append(broker, message)
  }
  const exceptions = refused.length + doubtful.length
  if (exceptions === 0) return
  const reasons = [...new Set(refused.map(({ code }) => code))].join(', ')
  throw new PublishError(`publish: ${exceptions} of ${messages.length} messages not stored: ${reasons}`, {
    doubtful,
    refused,
  })
}

function refusal(broker: Broker, { topic, body }: Outgoing): Refusal['code'] | undefined {
  if (!broker.topics.has(topic)) return 'UNKNOWN_TOPIC'
  return body.length > broker.maxBodyBytes ? 'BODY_TOO_LARGE' : undefined
}

function append(broker: Broker, message: Outgoing): void {
  const kept = { ...message, headers: { ...message.headers }, body: Uint8Array.from(message.body) }
  broker.positions += 1
  for (const place of broker.topics.get(message.topic)?.places.values() ?? []) {
    const entry = { message: kept, at: `memory:${message.topic}/${broker.positions}`, handedOut: false }
    const key = place.order === 'key' ? message.key : undefined
    const lane = key === undefined ? undefined : place.lanes.get(key)
    place.left += 1
    if (lane) lane.entries.push(entry)
    else openLane(place, key, entry)
    pump(broker, place)
  }
}

function openLane(place: Place, key: string | undefined, first: Entry): void {
  const lane = { key, entries: fifo<Entry>() }
  lane.entries.push(first)
  if (key !== undefined) place.lanes.set(key, lane)
  place.ready.push(lane)
}

/** Hands out as much as members have room for. */
function pump(broker: Broker, place: Place): void {
  for (;;) {
    const member = nextFree(place.members)
    const lane = member && place.ready.shift()
    if (!lane) return
    void handOut(broker, place, member, lane)
  }
}

function nextFree(members: Set<Member>): Member | undefined {
  for (const member of members) {
    if (member.draining || member.running.size >= member.concurrency) continue
    // To the back of the row, so that members take turns.
    members.delete(member)
    members.add(member)
    return member
  }
  return undefined
}

async function handOut(broker: Broker, place: Place, member: Member, lane: Lane): Promise<void> {
  const entry = lane.entries.first()
  if (!entry) return
  const abort = new AbortController()
  member.running.set(abort, lane)
  const ended = await run(member, entry, abort)
  if (!member.running.delete(abort)) return
  if (ended) endFirst(place, lane)
  pump(broker, place)
  if (member.running.size === 0) for (const idle of member.idle.splice(0)) idle()
  if (ended) return
  await broker.sleep(broker.pauseMs)
  place.ready.push(lane)
  pump(broker, place)
}

/** Whether the delivery resolved. */
async function run(member: Member, entry: Entry, abort: AbortController): Promise<boolean> {
  // Nobody's publish or subscribe waits for a handler's first steps.
  await Promise.resolve()
  if (abort.signal.aborted) return false
  const { message, at } = entry
  const redelivered = entry.handedOut
  entry.handedOut = true
  const incoming: Incoming = {
    ...message,
    headers: { ...message.headers },
    body: Uint8Array.from(message.body),
    redelivered,
    at,
  }
  try {
    await member.deliver(incoming, abort.signal)
    return true
  } catch {
    return false
  }
}

function endFirst(place: Place, lane: Lane): void {
  lane.entries.shift()
  place.left -= 1
  if (lane.entries.first()) place.ready.push(lane)
  else if (lane.key !== undefined) place.lanes.delete(lane.key)
}

async function drain(broker: Broker, place: Place, member: Member, deadline?: AbortSignal): Promise<void> {
  member.draining = true
  const atDeadline = () => letGo(broker, place, member)
  if (deadline?.aborted) atDeadline()
  deadline?.addEventListener('abort', atDeadline, { once: true })
  if (member.running.size > 0) await new Promise<void>((idle) => member.idle.push(idle))
  deadline?.removeEventListener('abort', atDeadline)
  place.members.delete(member)
}

/** Takes from the member what it runs, for others to have at once. */
function letGo(broker: Broker, place: Place, member: Member): void {
  const running = [...member.running]
  member.running.clear()
  for (const [abort, lane] of running) {
    abort.abort()
    place.ready.push(lane)
  }
  for (const idle of member.idle.splice(0)) idle()
  pump(broker, place)
}

function machineSleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
