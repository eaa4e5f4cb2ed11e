/** Makes topics, and finds out what is there. Nothing is ever altered. */

import { setTimeout as sleep } from 'node:timers/promises'
import { metadataV12 } from '@platformatic/kafka'
import { BusError } from '@vestnik/bus/errors'
import type { Topic, Topology } from '@vestnik/bus/transport'
import { type Belief, createBelief } from './belief.ts'
import type { Broker } from './broker.ts'
import { codes, errorOf } from './broker-errors.ts'
import { failureOf, isAnswer } from './failures.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import type { Settings } from './options.ts'
import { topicConfig } from './topic-config.ts'

export interface TopologyParts {
  readonly settings: Settings
  readonly names: Names
  readonly broker: Broker
  readonly link: Link
}

/** How a topic is written to. */
export interface Route {
  /** What the broker calls it. */
  readonly name: string
  /** A topic that is made again has another. */
  readonly topicId: string
  /** How many of its partitions are written to: those of the contract. */
  readonly partitions: number
}

export interface Places {
  /** @throws BusError `TOPOLOGY_CONFLICT`, `BROKER_REFUSED`, `BROKER_UNREACHABLE`, `TRANSPORT_CLOSED` */
  ensure(topology: Topology): Promise<void>
  /** Undefined for a topic that does not exist. @throws BusError as `ensure` does */
  findRoute(topic: string): Promise<Route | undefined>
}

/** How often, and how long, what was made is looked for. */
const lookMs = 50
const lookAtMostMs = 10_000
/** How often what is unknown is asked for again. */
const askAgainMs = 200

export function createPlaces({ settings, names, broker, link }: TopologyParts): Places {
  /** How many partitions the contract has of what was ensured here. */
  const wanted = new Map<string, number>()
  const beliefs = new Map<string, Belief>()

  async function ensure({ topics }: Topology): Promise<void> {
    // A conflict is told before anything is made.
    const found = await Promise.all(topics.map((topic) => find(topic.name)))
    for (const [at, topic] of topics.entries()) check(topic, found[at])
    const missing = topics.filter((_, at) => found[at] === undefined)
    await Promise.all(missing.map(make))
    for (const { name, partitions } of topics) wanted.set(name, partitions)
  }

  async function find(topic: string): Promise<Found | undefined> {
    const name = names.topic(topic)
    return broker.ask(`look for topic ${name}`, () => lookUp(link, name))
  }

  /** A topic of a peer has as many as the peer gave it. */
  function check({ name, partitions }: Topic, found: Found | undefined): void {
    if (found === undefined || found.partitions >= partitions || names.isForeign(name)) return
    const why = `topic ${names.topic(name)} has ${found.partitions} partitions, the contract says ${partitions}`
    throw new BusError('TOPOLOGY_CONFLICT', `ensure: ${why}`)
  }

  async function make(topic: Topic): Promise<void> {
    const { partitions } = topic
    const name = names.topic(topic.name)
    const { replicas } = settings
    const attempt = `make topic ${name}`
    await broker
      .ask(attempt, (admin) =>
        admin.createTopics({ topics: [name], partitions, replicas, configs: topicConfig(settings) }),
      )
      .catch((error: unknown) => {
        if (!isAnswer(error, 'TOPIC_ALREADY_EXISTS')) throw failureOf(attempt, error)
      })
    check(topic, await untilThere(name, topic))
  }

  /** Undefined when it was unknown for a while. */
  async function findSurely(topic: string): Promise<Found | undefined> {
    const isMissing = beliefs.get(topic) ?? createBelief()
    beliefs.set(topic, isMissing)
    for (;;) {
      const found = await find(topic)
      if (isMissing.after(found === undefined)) return undefined
      if (found) return found
      await sleep(askAgainMs)
    }
  }

  /** The controller has it at once, the brokers a little later. */
  async function untilThere(name: string, { name: topic }: Topic): Promise<Found> {
    for (const until = performance.now() + lookAtMostMs; performance.now() < until; await sleep(lookMs)) {
      const found = await find(topic)
      if (found?.hasLeaders) return found
    }
    throw new BusError('BROKER_UNREACHABLE', `make topic ${name}: it was made, and has no leaders yet`)
  }

  return {
    ensure: (topology) =>
      ensure(topology).catch((error: unknown) => {
        throw failureOf('ensure', error)
      }),
    async findRoute(topic) {
      const found = await findSurely(topic).catch((error: unknown) => {
        throw failureOf(`look for topic ${names.topic(topic)}`, error)
      })
      if (found === undefined) return undefined
      const partitions = wanted.get(topic) ?? found.partitions
      check({ name: topic, partitions }, found)
      return { name: names.topic(topic), topicId: found.topicId, partitions: Math.min(partitions, found.partitions) }
    },
  }
}

/** What the broker has of a name. */
interface Found {
  readonly topicId: string
  readonly partitions: number
  /** Each partition can be written to. */
  readonly hasLeaders: boolean
}

/** A topic is there, also while some of its partitions have no leader. */
async function lookUp(link: Link, name: string): Promise<Found | undefined> {
  const [found] = (await link.askAny(metadataV12.api, [name], false, false)).topics
  if (found === undefined || found.errorCode === codes.unknownTopic) return undefined
  const { topicId, partitions, errorCode } = found
  if (partitions.length === 0) throw errorOf(errorCode)
  return { topicId, partitions: partitions.length, hasLeaders: partitions.every(({ leaderId }) => leaderId >= 0) }
}
