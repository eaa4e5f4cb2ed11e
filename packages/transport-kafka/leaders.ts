/** Which broker leads each partition of a topic, and how far a partition's log reaches. */
import { listOffsetsV9, metadataV12 } from '@platformatic/kafka'
import { codes, errorOf } from './broker-errors.ts'
import type { Place } from './coordinator.ts'
import type { Link } from './link.ts'
import type { Address } from './url.ts'

export interface Leaders {
  /** Undefined while the partition has none, or is not known. */
  of(place: Place): Leader | undefined
  /** Whether there is such a partition, with a leader or without one. */
  has(place: Place): boolean
  /**
   * Asks again, each time another broker, as one may have lost touch with the others; calls at the same time share an
   * answer. Rejects with `BrokerError` when there is no such topic.
   */
  refresh(): Promise<void>
  /** Where the log begins and ends. */
  log(place: Place): Promise<{ readonly start: number; readonly end: number }>
}

export interface Leader {
  readonly node: number
  readonly address: Address
}

/** A partition, as the newest answer has it. */
interface Found {
  readonly epoch: number
  readonly leader: Leader | undefined
}

const earliest = -2n
const latest = -1n

export function watchLeaders(link: Link, topic: string): Leaders {
  let known = new Map<string, Found>()
  let brokers: readonly Address[] = []
  let turn = 0
  let refreshing: Promise<void> | undefined

  async function look(): Promise<void> {
    const { brokers: there, topics } = await askNext()
    const addresses = new Map(there.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    brokers = [...addresses.values()]
    link.learn(brokers)
    const [found] = topics
    if (!found || found.partitions.length === 0) throw errorOf(found?.errorCode || codes.unknownTopic)
    const { topicId } = found
    known = new Map(
      found.partitions.map(({ partitionIndex, leaderId, leaderEpoch }) => {
        const key = keyOf({ topicId, partition: partitionIndex })
        const before = known.get(key)
        if (before && before.epoch > leaderEpoch) return [key, before]
        const address = addresses.get(leaderId)
        return [key, { epoch: leaderEpoch, leader: address && { node: leaderId, address } }]
      }),
    )
  }

  function askNext(): Promise<metadataV12.MetadataResponse> {
    const next = brokers[turn % brokers.length]
    turn += 1
    const anyone = () => link.askAny(metadataV12.api, [topic], false, false)
    return next ? link.ask(next, 'ask', metadataV12.api, [topic], false, false).catch(anyone) : anyone()
  }

  async function endOf(place: Place, timestamp: bigint): Promise<number> {
    const leader = known.get(keyOf(place))?.leader
    if (!leader) throw errorOf(codes.notLeader)
    const partitions = [{ partitionIndex: place.partition, currentLeaderEpoch: -1, timestamp }]
    const answer = await link.ask(leader.address, 'ask', listOffsetsV9.api, -1, 0, [{ name: topic, partitions }])
    const found = answer.topics[0]?.partitions[0]
    if (found?.errorCode !== 0) throw errorOf(found?.errorCode ?? codes.unknownTopic)
    return Number(found.offset)
  }

  return {
    of: (place) => known.get(keyOf(place))?.leader,
    has: (place) => known.has(keyOf(place)),
    refresh() {
      refreshing ??= look().finally(() => {
        refreshing = undefined
      })
      return refreshing
    },
    async log(place) {
      const [start, end] = await Promise.all([endOf(place, earliest), endOf(place, latest)])
      return { start, end }
    },
  }
}

export const keyOf = ({ topicId, partition }: Place): string => `${topicId}/${partition}`
