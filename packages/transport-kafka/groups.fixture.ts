/** A group as its broker knows it: its members, and what it has committed. */
import { consumerGroupDescribeV0, consumerGroupHeartbeatV1 } from '@platformatic/kafka'
import type { Group } from '@vestnik/bus/transport'
import { openLink } from './link.ts'
import { administer } from './log.fixture.ts'
import { type Mark, readMark } from './mark.ts'
import { readSettings } from './options.ts'

export interface CommittedPlace {
  readonly partition: number
  readonly offset: number
  readonly mark: Mark | undefined
}

/** What was committed, by partition; a partition of which nothing was is not named. */
export async function committedOf(
  brokers: readonly string[],
  { name, topic }: Group,
): Promise<readonly CommittedPlace[]> {
  const [group] = await administer(brokers, (admin) => admin.listConsumerGroupOffsets({ groups: [name] }))
  const { partitions } = group?.topics.find((one) => one.name === topic) ?? { partitions: [] }
  return partitions
    .map(({ partitionIndex, committedOffset, metadata }) => {
      return { partition: partitionIndex, offset: Number(committedOffset), mark: readMark(metadata ?? null) }
    })
    .sort((a, b) => a.partition - b.partition)
}

/** The names of its members, which each has for one life. The broker must be the only one of its cluster. */
export async function membersOf(url: string, { name }: Group): Promise<readonly string[]> {
  return (await describe(url, name)).map(({ memberId }) => memberId)
}

/** Takes all members out of the group, without a word to them. */
export async function evict(url: string, { name }: Group): Promise<void> {
  const link = openLink(readSettings(url, {}), 0)
  try {
    for (const { memberId } of await describe(url, name)) {
      await link.askAny(consumerGroupHeartbeatV1.api, name, memberId, leave, null, null, 0, null, null, null, [])
    }
  } finally {
    link.close()
  }
}

const leave = -1

async function describe(url: string, group: string) {
  const link = openLink(readSettings(url, {}), 0)
  try {
    const { groups } = await link.askAny(consumerGroupDescribeV0.api, [group], false)
    return groups[0]?.members ?? []
  } finally {
    link.close()
  }
}
