/** Makes the places of topics and groups at the broker, and finds out what is there. Nothing is ever altered. */
import { BusError } from '@vestnik/bus/errors'
import type { Group, Topic, Topology } from '@vestnik/bus/transport'
import type { ChannelModel } from 'amqplib'
import { groupQueues, partitionsQueue, type QueuePlan } from './declared.ts'
import { failureOf } from './failures.ts'
import { type Channels, exists, withChannels } from './questions.ts'
import { createQueues, declare, isThere, type QueuesOptions, type Wanted } from './queues.ts'

/** How a topic is reached. */
export type Route =
  | { readonly kind: 'plain'; readonly queue: string }
  /** `groups`: whether it is known that somebody must get its messages. */
  | { readonly kind: 'exchange'; readonly exchange: string; readonly partitions: number; readonly groups: boolean }

export interface TopologyOptions extends QueuesOptions {
  readonly plainQueues: ReadonlySet<string>
  /** How many partitions a `partitions` queue says; undefined when there is none. */
  readonly ask: (queue: string) => Promise<number | undefined>
}

export interface Places {
  /** Refuses what a plain queue cannot be, without asking the broker. @throws BusError `BAD_OPTION` */
  check(groups: readonly Group[]): void
  /** @throws BusError `TOPOLOGY_CONFLICT`, `BAD_OPTION`, `UNKNOWN_TOPIC`, `BROKER_REFUSED`, `BROKER_UNREACHABLE` */
  ensure(model: ChannelModel, topology: Topology): Promise<void>
  /** Makes a group's places once more, if they were ensured here; false where they were not. */
  restore(model: ChannelModel, group: Group): Promise<boolean>
  /**
   * Makes again what is missing of the topics with several groups: a message that reaches one of them comes back to
   * nobody, so that nothing else tells of a queue, or a binding, that another one has lost. Never rejects.
   */
  mend(model: ChannelModel): Promise<void>
  /** Undefined for a topic that does not exist. */
  findRoute(model: ChannelModel, topic: string): Promise<Route | undefined>
  /** The queues of a group. @throws BusError `UNKNOWN_TOPIC` */
  queuesOf(group: Group): Promise<readonly string[]>
}

export function createPlaces(options: TopologyOptions): Places {
  const { names, plainQueues, ask, log } = options
  const queues = createQueues(options)
  /** What was ensured here, by topic. */
  const ensured = new Map<string, { partitions: number; readonly groups: Map<string, Group> }>()

  async function ensure(model: ChannelModel, topology: Topology): Promise<void> {
    const { topics } = topology
    const places = topics.filter(({ name }) => !plainQueues.has(name))
    await withChannels(model, async (channels) => {
      for (const topic of places) await refuseOther(channels, topic.name, partitionsQueue(names, topic))
      for (const topic of places) await makeTopic(channels, topic)
      for (const { name } of topics) if (plainQueues.has(name)) await makePlain(channels, name)
      await makeGroups(channels, topology)
    })
    remember(topology)
  }

  /** It hands each message to one of those who read it, and knows no keys. */
  function check(groups: readonly Group[]): void {
    for (const topic of plainQueues) {
      const own = groups.filter((group) => group.topic === topic)
      const names = new Set([...(ensured.get(topic)?.groups.keys() ?? []), ...own.map(({ name }) => name)])
      const ordered = own.find(({ order }) => order === 'key')
      if (names.size < 2 && ordered === undefined) continue
      const found = ordered ? `its group ${ordered.name} has order by key` : `it has ${[...names].join(', ')}`
      const why = 'which has one group, and no order'
      throw new BusError('BAD_OPTION', `ensure: ${topic} is carried by a plain queue, ${why}; ${found}`)
    }
  }

  function remember({ topics, groups }: Topology): void {
    for (const { name, partitions } of topics) {
      if (!ensured.has(name)) ensured.set(name, { partitions, groups: new Map() })
    }
    for (const group of groups) ensured.get(group.topic)?.groups.set(group.name, group)
  }

  async function partitionsFor(topics: readonly Topic[], { topic, name }: Group): Promise<number> {
    const known = topics.find((one) => one.name === topic)?.partitions ?? ensured.get(topic)?.partitions
    const found = known ?? (await ask(names.partitions(topic)))
    if (found !== undefined) return found
    throw new BusError('UNKNOWN_TOPIC', `ensure: group ${name} is for ${topic}, which does not exist`)
  }

  async function makeTopic(channels: Channels, topic: Topic): Promise<void> {
    const exchange = names.topic(topic.name)
    // An exchange of others is used as it is.
    if (exchange === topic.name || !(await exists(channels, (channel) => channel.checkExchange(exchange)))) {
      await (await channels.get()).assertExchange(exchange, 'direct', { durable: true })
    }
    await declare(channels, partitionsQueue(names, topic))
  }

  /** Used as it is found: whoever made it knows why it is so. */
  async function makePlain(channels: Channels, topic: string): Promise<void> {
    const queue = names.topic(topic)
    if (await isThere(channels, queue)) return
    await (await channels.get()).assertQueue(queue, { durable: true })
  }

  async function makeGroups(channels: Channels, { topics, groups }: Topology): Promise<void> {
    const wanted: Wanted[] = []
    for (const group of groups.filter(({ topic }) => !plainQueues.has(topic))) {
      const known = ensured.get(group.topic)?.groups
      const others = [...(known?.values() ?? []), ...groups].filter(({ topic }) => topic === group.topic)
      wanted.push({
        group,
        partitions: await partitionsFor(topics, group),
        isKnown: known?.has(group.name) ?? false,
        hasOthers: others.some(({ name }) => name !== group.name),
      })
    }
    await queues.make(channels, wanted)
  }

  async function restore(model: ChannelModel, group: Group): Promise<boolean> {
    const known = ensured.get(group.topic)
    const own = known?.groups.get(group.name)
    if (known === undefined || own === undefined) return false
    const topic = { name: group.topic, partitions: known.partitions }
    await withChannels(model, async (channels) => {
      if (plainQueues.has(group.topic)) return makePlain(channels, group.topic)
      await makeTopic(channels, topic)
      await makeGroups(channels, { topics: [topic], groups: [own] })
    })
    return true
  }

  async function mend(model: ChannelModel, topics: Iterable<string>): Promise<void> {
    for (const topic of topics) {
      const known = ensured.get(topic)
      if (known === undefined || known.groups.size < 2) continue
      for (const group of known.groups.values()) {
        const isWhole = await withChannels(model, (channels) => queues.bindAgain(channels, group, known.partitions))
        if (!isWhole) await restore(model, group)
      }
    }
  }

  /** What cannot be mended holds up nothing: the other groups get their messages. */
  async function tryToMend(model: ChannelModel, topics: Iterable<string>): Promise<void> {
    await mend(model, topics).catch((error: unknown) => log(failureOf('look for queues that are gone', error).message))
  }

  return {
    check,
    async ensure(model, topology) {
      await ensure(model, topology).catch((error: unknown) => {
        throw failureOf('ensure', error)
      })
    },
    restore,
    mend: (model) => tryToMend(model, [...ensured.keys()]),
    async findRoute(model, topic) {
      const known = ensured.get(topic)
      const name = names.topic(topic)
      const isPlain = plainQueues.has(topic)
      const isFound = await withChannels(model, (channels) =>
        isPlain ? isThere(channels, name) : exists(channels, (channel) => channel.checkExchange(name)),
      )
      if (!isFound) return undefined
      if (isPlain) return { kind: 'plain', queue: name }
      const partitions = known?.partitions ?? (await ask(names.partitions(topic)))
      if (partitions === undefined) return undefined
      await tryToMend(model, [topic])
      return { kind: 'exchange', exchange: name, partitions, groups: known === undefined || known.groups.size > 0 }
    },
    async queuesOf(group) {
      const { topic } = group
      if (plainQueues.has(topic)) return [names.topic(topic)]
      const partitions = ensured.get(topic)?.partitions ?? (await ask(names.partitions(topic)))
      if (partitions !== undefined) return groupQueues(names, group, partitions).map(({ name }) => name)
      throw new BusError('UNKNOWN_TOPIC', `subscribe ${group.name}: topic ${topic} does not exist`)
    },
  }
}

/** A conflict is told before anything is made. */
async function refuseOther(channels: Channels, topic: string, plan: QueuePlan): Promise<void> {
  if (!(await isThere(channels, plan.name))) return
  await declare(channels, plan).catch((error: unknown) => {
    throw failureOf(`ensure: topic ${topic} has another number of partitions`, error)
  })
}
