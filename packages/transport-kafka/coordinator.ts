/** What a group's coordinator is asked: heartbeats, commits, and what was committed. It is looked for again when it moves. */
import {
  type API,
  consumerGroupHeartbeatV1,
  describeConfigsV4,
  findCoordinatorV6,
  offsetCommitV9,
  offsetFetchV9,
} from '@platformatic/kafka'
import { codes, errorOf } from './broker-errors.ts'
import type { Link } from './link.ts'
import type { Committed } from './mark.ts'
import type { Address } from './url.ts'

export interface Place {
  readonly topicId: string
  readonly partition: number
}

export interface Heartbeat {
  readonly memberId: string
  /** 0 joins, -1 leaves. */
  readonly epoch: number
  readonly owned: readonly Place[]
}

export interface Pulse {
  readonly epoch: number
  readonly intervalMs: number
  /** What the member is to own; undefined when that has not changed. */
  readonly assigned: readonly Place[] | undefined
}

export interface Commit {
  readonly partition: number
  readonly offset: number
  readonly metadata: string
  readonly leaderEpoch: number
}

export type Member = Pick<Heartbeat, 'memberId' | 'epoch'>

/** Each rejects with the broker's error, or with that of the connection. */
export interface Coordinator {
  beat(heartbeat: Heartbeat): Promise<Pulse>
  /** Answers the error of each partition that was not committed. */
  commit(member: Member, commits: readonly Commit[]): Promise<ReadonlyMap<number, number>>
  committed(member: Member, partition: number): Promise<Committed>
  /** After how long the broker gives up a silent member; undefined where we may not ask. */
  sessionMs(): Promise<number | undefined>
}

/** How long what runs may take when its partition goes to another member. */
export const rebalanceMs: number = 8000
const groupResource = 32 as const

export function coordinatorOf(link: Link, group: string, topic: string): Coordinator {
  let address: Address | undefined
  let finding: Promise<Address> | undefined

  async function find(): Promise<Address> {
    const [found] = (await link.askAny(findCoordinatorV6.api, 0, [group])).coordinators
    if (found?.errorCode !== 0) throw errorOf(found?.errorCode ?? codes.coordinatorNotAvailable)
    return { host: found.host, port: found.port }
  }

  async function ask<A extends unknown[], R>(api: API<A, R>, ...question: A): Promise<R> {
    const to = address ?? (await found())
    try {
      return await link.ask(to, 'group', api, ...question)
    } catch (error) {
      if (address === to) address = undefined
      throw error
    }
  }

  /** Whoever asks meanwhile waits for the same answer. */
  function found(): Promise<Address> {
    finding ??= find()
      .then((one) => {
        address = one
        return one
      })
      .finally(() => {
        finding = undefined
      })
    return finding
  }

  function check(errorCode: number): void {
    if (errorCode === 0) return
    if (errorCode === codes.notCoordinator || errorCode === codes.coordinatorNotAvailable) address = undefined
    throw errorOf(errorCode)
  }

  return {
    async beat({ memberId, epoch, owned }) {
      const topics: string[] = [topic]
      const settings = [null, null, rebalanceMs, topics, null, null] as const
      const answer = await ask(consumerGroupHeartbeatV1.api, group, memberId, epoch, ...settings, byTopic(owned))
      check(answer.errorCode)
      const assigned = answer.assignment?.topicPartitions.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => ({ topicId, partition })),
      )
      return { epoch: answer.memberEpoch, intervalMs: answer.heartbeatIntervalMs, assigned }
    },

    async commit({ memberId, epoch }, commits) {
      const partitions = commits.map(({ partition, offset, metadata, leaderEpoch }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      }))
      const answer = await ask(offsetCommitV9.api, group, epoch, memberId, null, [{ name: topic, partitions }])
      const failed = new Map<number, number>()
      for (const { partitionIndex, errorCode } of answer.topics[0]?.partitions ?? []) {
        if (errorCode !== 0) failed.set(partitionIndex, errorCode)
      }
      for (const code of failed.values()) if (code === codes.notCoordinator) address = undefined
      return failed
    },

    async committed({ memberId, epoch }, partition) {
      const topics = [{ name: topic, partitionIndexes: [partition] }]
      const [found] = (await ask(offsetFetchV9.api, [{ groupId: group, memberId, memberEpoch: epoch, topics }], true))
        .groups
      check(found?.errorCode ?? 0)
      const [one] = found?.topics[0]?.partitions ?? []
      if (!one) throw errorOf(codes.unknownTopic)
      check(one.errorCode)
      const { committedOffset, metadata, committedLeaderEpoch } = one
      return { offset: Number(committedOffset), metadata: metadata ?? null, leaderEpoch: committedLeaderEpoch }
    },

    async sessionMs() {
      const name = 'consumer.session.timeout.ms'
      const resources = [{ resourceType: groupResource, resourceName: group, configurationKeys: [name] }]
      const { results } = await link.askAny(describeConfigsV4.api, resources, false, false)
      const ms = Number(results[0]?.configs.find((one) => one.name === name)?.value ?? Number.NaN)
      return ms > 0 ? ms : undefined
    },
  }
}

function byTopic(places: readonly Place[]) {
  const topics = new Map<string, number[]>()
  for (const { topicId, partition } of places) topics.set(topicId, [...(topics.get(topicId) ?? []), partition])
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
}
