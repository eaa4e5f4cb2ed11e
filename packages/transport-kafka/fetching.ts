/** Fetches of one member: one under way at each broker, for the partitions that it leads and that have room. */
import { setTimeout as sleep } from 'node:timers/promises'
import { codes, errorOf } from './broker-errors.ts'
import { type Divergence, type FetchAnswer, fetchApi } from './fetch-frames.ts'
import { keyOf, type Leader, type Leaders } from './leaders.ts'
import type { Link } from './link.ts'
import { type Batch, hasRoom, readBatches, roomOfAnswer } from './records.ts'
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
  /** What stands before the offset that is next is not what was read. */
  diverged(share: Share, where: Divergence): void
}

const maxBytes = 1024 * 1024
const maxPartitionBytes = 128 * 1024
const waitMs = 300
/** Who is full may have room again at any time, and the question that is under way knows nothing of it. */
const shortWaitMs = 20
const readCommitted = 1
const longestPauseMs = 1000
/** How often what is damaged is fetched again, before it is handed out as unreadable. */
const fruitlessTries = 5
const seekMs = 200
/** A broker that has lost touch with the others goes on as leader, and answers that there is nothing. */
const refreshMs = 20_000

export function startFetching(parts: FetchParts, refreshEveryMs: number = refreshMs): Fetching {
  const { link, leaders } = parts
  const loops = new Set<number>()
  const asleep: (() => void)[] = []
  let isOver = false
  const troubles = new Map<number, string>()
  let isSeeking = false
  const refreshing = setInterval(refresh, refreshEveryMs)
  refreshing.unref()

  async function refresh(): Promise<void> {
    if (!parts.shares()[Symbol.iterator]().next().done) await leaders.refresh().then(wake, () => {})
  }

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
    let turn = 0
    while (!isOver) {
      const mine = [...parts.shares()].filter((share) => leaders.of(share.place)?.node === node)
      const leader = mine[0] && leaders.of(mine[0].place)
      if (!leader) break
      turn += 1
      const wanted = mine.filter((share) => isWanted(share))
      if (wanted.length === 0) {
        // That nobody has room is no trouble of the broker.
        troubles.delete(node)
        await new Promise<void>((resolve) => asleep.push(resolve))
        continue
      }
      const from = turn % wanted.length
      const inTurn = [...wanted.slice(from), ...wanted.slice(0, from)]
      const failure = await fetch(leader, inTurn, wanted.length === mine.length ? waitMs : shortWaitMs)
      // The loop of its new broker has found it under way here, and sleeps.
      if (inTurn.some(({ place }) => leaders.of(place)?.node !== node)) wake()
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
    // What was being fetched here may have gone to a broker whose loop has found nothing to do.
    rouse()
  }

  async function fetch(
    { node, address }: Leader,
    shares: readonly Share[],
    maxWaitMs: number,
  ): Promise<string | undefined> {
    const asked = new Map(shares.map((share) => [keyOf(share.place), { share, position: share.position() }]))
    for (const share of shares) share.isFetching = true
    try {
      const topics = Map.groupBy(shares, ({ place }) => place.topicId)
      const question = [...topics].map(([topicId, some]) => ({ topicId, partitions: some.map(positionOf) }))
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
    let unread: string | undefined
    let isRead = false
    const room = roomOfAnswer()
    for (const { topicId, partition, errorCode, aborted, records, diverging } of answer.partitions) {
      const { share, position } = asked.get(keyOf({ topicId, partition })) ?? {}
      // A late answer: the partition has gone, or was begun anew, meanwhile.
      if (!share || share.isOver || share.position() !== position) continue
      if (errorCode === codes.outOfRange) parts.outOfRange(share)
      if (errorCode !== 0) failure = `partition ${partition}: ${errorOf(errorCode).message}`
      else if (diverging) parts.diverged(share, diverging)
      else if (records.length > 0) {
        const hadRoom = hasRoom(room)
        const isLastTry = share.fruitless >= fruitlessTries
        const batches = readBatches(records, { from: position, aborted, room, isLastTry })
        if (batches.length > 0) {
          share.fruitless = 0
          isRead = true
          parts.arrived(share, batches)
        } else if (hadRoom) {
          share.fruitless += 1
          unread = `partition ${partition}: no sound batch at offset ${position}`
        }
      }
    }
    // Where something was read, what was cut off comes first another time.
    return failure ?? (isRead ? undefined : unread)
  }

  return {
    wake,
    trouble: () => troubles.values().next().value,
    end() {
      isOver = true
      clearInterval(refreshing)
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
    // So that the broker says when its log does not go on where we have read: it may have lost its end meanwhile.
    lastFetchedEpoch: share.leaderEpoch(),
  }
}
