/** Fetches of one member: one under way at each broker, for the partitions that it leads and that have room. */
import { setTimeout as sleep } from 'node:timers/promises'
import { codes, errorOf } from './broker-errors.ts'
import { type FetchAnswer, fetchApi } from './fetch-frames.ts'
import { keyOf, type Leader, type Leaders } from './leaders.ts'
import type { Link } from './link.ts'
import { type Batch, readBatches } from './records.ts'
import type { Share } from './share.ts'

export interface Fetching {
  /** A partition may have become one to fetch. */
  wake(): void
  /** Why it does not read everything; undefined when it does. */
  trouble(): string | undefined
  end(): void
}

export interface FetchParts {
  readonly link: Link
  readonly leaders: Leaders
  shares(): Iterable<Share>
  arrived(share: Share, batches: readonly Batch[]): void
  /** The broker does not have the offset that is next. */
  outOfRange(share: Share): void
}

const maxBytes = 1024 * 1024
const maxPartitionBytes = 128 * 1024
const waitMs = 300
/** Who is full may have room again at any time, and the question that is under way knows nothing of it. */
const shortWaitMs = 20
const readCommitted = 1
const longestPauseMs = 1000
const seekMs = 200

export function startFetching(parts: FetchParts): Fetching {
  const { link, leaders } = parts
  const loops = new Set<number>()
  const asleep: (() => void)[] = []
  let isOver = false
  const troubles = new Map<number, string>()
  let turn = 0
  let isSeeking = false

  function wake(): void {
    for (const share of parts.shares()) {
      const leader = leaders.of(share.place)
      if (!leader) void seek()
      if (!leader || loops.has(leader.node)) continue
      loops.add(leader.node)
      void run(leader.node)
    }
    rouse()
  }

  /** While a leader is elected nobody is asked, and nobody would say that there is one. */
  async function seek(): Promise<void> {
    if (isSeeking) return
    isSeeking = true
    while (!isOver && [...parts.shares()].some(({ place }) => !leaders.of(place))) {
      await sleep(seekMs)
      await leaders.refresh().catch(() => {})
    }
    isSeeking = false
    if (!isOver) wake()
  }

  function rouse(): void {
    for (const resolve of asleep.splice(0)) resolve()
  }

  async function run(node: number): Promise<void> {
    let pauseMs = 50
    while (!isOver) {
      const mine = [...parts.shares()].filter((share) => leaders.of(share.place)?.node === node)
      const leader = mine[0] && leaders.of(mine[0].place)
      if (!leader) break
      const wanted = mine.filter((share) => isWanted(share))
      if (wanted.length === 0) {
        await new Promise<void>((resolve) => asleep.push(resolve))
        continue
      }
      const failure = await fetch(leader, wanted, wanted.length === mine.length ? waitMs : shortWaitMs)
      if (failure === undefined) {
        troubles.delete(node)
        pauseMs = 50
        continue
      }
      troubles.set(node, failure)
      await sleep(pauseMs)
      pauseMs = Math.min(2 * pauseMs, longestPauseMs)
      await leaders.refresh().catch(() => {})
      wake()
    }
    loops.delete(node)
    troubles.delete(node)
  }

  async function fetch(
    { node, address }: Leader,
    wanted: readonly Share[],
    maxWaitMs: number,
  ): Promise<string | undefined> {
    turn += 1
    const from = turn % wanted.length
    const shares = [...wanted.slice(from), ...wanted.slice(0, from)]
    const asked = new Map(shares.map((share) => [keyOf(share.place), { share, position: share.position() }]))
    for (const share of shares) share.isFetching = true
    try {
      const question = shares.map((share) => ({ topicId: share.place.topicId, partitions: [positionOf(share)] }))
      const settings = [maxWaitMs, 1, maxBytes, readCommitted, 0, -1] as const
      return took(asked, await link.ask(address, 'fetch', fetchApi, ...settings, question, [], ''))
    } catch (error) {
      return `fetch from broker ${node}: ${error instanceof Error ? error.message : error}`
    } finally {
      for (const share of shares) share.isFetching = false
    }
  }

  function took(asked: ReadonlyMap<string, Asked>, answer: FetchAnswer): string | undefined {
    let failure = answer.errorCode === 0 ? undefined : errorOf(answer.errorCode).message
    for (const { topicId, partition, errorCode, aborted, records } of answer.partitions) {
      const { share, position } = asked.get(keyOf({ topicId, partition })) ?? {}
      // A late answer: the partition has gone, or was begun anew, meanwhile.
      if (!share || share.isOver || share.position() !== position) continue
      if (errorCode === codes.outOfRange) parts.outOfRange(share)
      if (errorCode !== 0) failure = `partition ${partition}: ${errorOf(errorCode).message}`
      else if (records.length > 0) parts.arrived(share, readBatches(records, aborted))
    }
    return failure
  }

  return {
    wake,
    trouble: () => troubles.values().next().value,
    end() {
      isOver = true
      rouse()
    },
  }
}

interface Asked {
  readonly share: Share
  readonly position: number
}

function isWanted(share: Share): boolean {
  return share.position() >= 0 && !share.isOver && !share.isLeaving && !share.isFetching && share.wantsMore()
}

function positionOf(share: Share) {
  return {
    partition: share.place.partition,
    fetchOffset: BigInt(share.position()),
    partitionMaxBytes: maxPartitionBytes,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  }
}
