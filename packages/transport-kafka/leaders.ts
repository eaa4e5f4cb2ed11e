/** Which broker leads each partition of a topic, and how far a partition's log reaches. */
import { listOffsetsV9, metadataV12 } from '@platformatic/kafka'
import { codes, errorOf } from './broker-errors.ts'
import type { Place } from './coordinator.ts'
import type { Link } from './link.ts'
import type { Address } from './url.ts'

export interface Leaders {
  /** Undefined while the partition has none, or is not known. */
  of(place: Place): Leader | undefined
  /** Asks again; calls at the same time share an answer. Rejects with `BrokerError` when there is no such topic. */
  refresh(): Promise<void>
  /** Where the log begins and ends. */
  log(place: Place): Promise<{ readonly start: number; readonly end: number }>
}

export interface Leader {
  readonly node: number
  readonly address: Address
}

const earliest = -2n
const latest = -1n

export function watchLeaders(link: Link, topic: string): Leaders {
  let known = new Map<string, Leader>()
  let refreshing: Promise<void> | undefined

  async function look(): Promise<void> {
    const { brokers, topics } = await link.askAny(metadataV12.api, [topic], false, false)
    const addresses = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    link.learn([...addresses.values()])
    const [found] = topics
    if (!found || found.partitions.length === 0) throw errorOf(found?.errorCode || codes.unknownTopic)
    const leaders = found.partitions.map(({ partitionIndex, leaderId }) => {
      const address = addresses.get(leaderId)
      return [
        keyOf({ topicId: found.topicId, partition: partitionIndex }),
        address && { node: leaderId, address },
      ] as const
    })
    known = new Map(leaders.filter((one): one is [string, Leader] => one[1] !== undefined))
  }

  async function endOf(place: Place, timestamp: bigint): Promise<number> {
    const leader = known.get(keyOf(place))
    if (!leader) throw errorOf(codes.notLeader)
    const partitions = [{ partitionIndex: place.partition, currentLeaderEpoch: -1, timestamp }]
    const answer = await link.ask(leader.address, 'ask', listOffsetsV9.api, -1, 0, [{ name: topic, partitions }])
    const found = answer.topics[0]?.partitions[0]
    if (found?.errorCode !== 0) throw errorOf(found?.errorCode ?? codes.unknownTopic)
    return Number(found.offset)
  }

  return {
    of: (place) => known.get(keyOf(place)),
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
