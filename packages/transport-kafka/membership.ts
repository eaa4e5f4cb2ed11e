/**
 * One life of a member in its group: from joining until it leaves, or is not a member any more. It owns partitions only
 * while the broker hears from it: when it was silent for the session it gives up by itself, before others begin.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { codes, errorOf, isBrokerError } from './broker-errors.ts'
import { type Commits, startCommits } from './commits.ts'
import { coordinatorOf, type Place, rebalanceMs } from './coordinator.ts'
import { whyOf } from './failures.ts'
import type { Divergence } from './fetch-frames.ts'
import { type Fetching, startFetching } from './fetching.ts'
import { startHeartbeats } from './heartbeats.ts'
import type { Lane } from './lanes.ts'
import { keyOf, watchLeaders } from './leaders.ts'
import { openLink } from './link.ts'
import { beginningOf } from './mark.ts'
import type { Settings } from './options.ts'
import type { Batch } from './records.ts'
import { createShare, type Share, type ShareCommit } from './share.ts'

export interface MemberParts {
  readonly settings: Settings
  readonly group: string
  /** What the broker calls it. */
  readonly topic: string
  /** Which of the URL's brokers is asked first. */
  readonly firstBroker: number
  /** What the broker called the member of the life before. */
  readonly former: string | undefined
  arrived(share: Share, batches: readonly Batch[]): void
  /** These may start now. */
  offered(share: Share, lanes: readonly Lane[]): void
  /** Whatever of it still runs is to be aborted. */
  abandoned(share: Share, why: string): void
  /** Records were deleted before the group had read them: a sentence with their extent. */
  lost(what: string): void
}

export interface Membership {
  /** What the broker calls it. */
  readonly id: string
  /** Resolves when the group has taken us in; rejects when the broker forbids it, never settles when it ends before. */
  readonly joined: Promise<void>
  /** Resolves when it is a member no more. */
  readonly ended: Promise<void>
  /** Whether the broker still counts on us: asked before anything is started, as this process may have stood still. */
  isAlive(): boolean
  readonly commits: Commits
  readonly fetching: Fetching
  /** Commits what has ended, and leaves the group: within three seconds. */
  leave(): Promise<void>
  /** Nothing of the partition runs any more. */
  idle(share: Share): void
  trouble(): string | undefined
}

const longestPauseMs = 1000
const lookMs = 2000
const leaveMs = 1500
/** Of the time that the broker gives us to hand a partition over, what is kept for the commit, and for telling it so. */
const commitMs = 1500
const tellMs = 1000

export function becomeMember(parts: MemberParts): Membership {
  const { settings, topic } = parts
  const link = openLink(settings, parts.firstBroker)
  const coordinator = coordinatorOf(link, parts.group, topic)
  const leaders = watchLeaders(link, topic)
  const owned = new Map<string, Share>()
  const idlers = new Map<Share, () => void>()
  const ended = Promise.withResolvers<void>()
  let target: readonly Place[] = []
  let isOver = false
  let isLooking = false
  let trouble: string | undefined

  const heartbeats = startHeartbeats({
    coordinator,
    ...{ sessionMs: settings.sessionMs, former: parts.former },
    owned: () => [...owned.values()].map(({ place }) => place),
    assigned(places) {
      target = places
      reconcile()
    },
    ended: (why) => void end(why),
  })
  const commits = startCommits(send, (share, commit) => parts.offered(share, share.committed(commit)))
  const fetching = startFetching({
    ...{ link, leaders, shares: () => owned.values(), arrived: parts.arrived },
    outOfRange: (share) => void reopen(share),
    diverged,
  })

  // What it owns.

  function reconcile(): void {
    if (isOver) return
    const wanted = new Set(target.map(keyOf))
    for (const [key, share] of owned) if (!wanted.has(key) && !share.isLeaving) void handOver(key, share)
    for (const place of target) {
      const key = keyOf(place)
      if (owned.has(key)) continue
      const share = createShare(place)
      owned.set(key, share)
      void open(share)
      heartbeats.soon()
    }
    if (target.length === 0) void lookForTopic()
  }

  /** Who is given nothing may be one too many, or the topic has gone. */
  async function lookForTopic(): Promise<void> {
    if (isLooking) return
    isLooking = true
    while (target.length === 0 && !isOver) {
      const failure = await leaders.refresh().catch((error: unknown) => error)
      trouble = isBrokerError(failure, codes.unknownTopic) ? `the topic ${topic} is gone` : undefined
      await sleep(lookMs, undefined, { ref: false })
    }
    isLooking = false
  }

  /** The broker gives it to another member when the next heartbeat does not name it any more. */
  async function handOver(key: string, share: Share): Promise<void> {
    share.isLeaving = true
    await Promise.race([whenIdle(share), sleep(rebalanceMs - commitMs - tellMs, undefined, { ref: false })])
    if (share.isOver) return
    parts.abandoned(share, 'its partition goes to another member')
    // Of a topic that was made again nothing is committed: its offsets would be taken for those of the new one.
    const isOfNow = target.every(
      ({ topicId, partition }) => partition !== share.place.partition || topicId === share.place.topicId,
    )
    if (isOfNow) await Promise.race([commits.flush(share), sleep(commitMs, undefined, { ref: false })])
    if (share.isOver) return
    share.isOver = true
    if (owned.get(key) === share) owned.delete(key)
    heartbeats.soon()
    reconcile()
  }

  function whenIdle(share: Share): Promise<void> {
    return share.running === 0 ? Promise.resolve() : new Promise((resolve) => idlers.set(share, resolve))
  }

  async function open(share: Share): Promise<void> {
    const { place } = share
    for (let pauseMs = 50; !share.isOver && !share.isLeaving; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        if (!leaders.of(place)) await leaders.refresh()
        const [committed, log] = await Promise.all([
          coordinator.committed(heartbeats.member(), place.partition),
          leaders.log(place),
        ])
        if (share.isOver || share.isLeaving) return
        const beginning = beginningOf(committed, { ...log, topicId: place.topicId })
        if (beginning.lost) parts.lost(lossOf(place, beginning.lost.from, beginning.lost.below))
        share.begin(beginning)
        // Also where nothing was committed: what is published from now on must not be passed over.
        trouble = undefined
        commits.now(share)
        return fetching.wake()
      } catch (error) {
        trouble = `partition ${place.partition} is not read yet: ${whyOf(error)}`
        await sleep(pauseMs)
        await leaders.refresh().catch(() => {})
      }
    }
  }

  /** What is next is not in the log: it was deleted before it was read, or the log has lost its end. */
  async function reopen(share: Share): Promise<void> {
    const position = share.position()
    const log = await leaders.log(share.place).catch(() => undefined)
    if (!log || share.isOver || share.isLeaving || share.position() !== position) return
    if (position < log.start) {
      parts.lost(lossOf(share.place, position, log.start))
      share.skipTo(log.start)
      commits.soon(share)
      fetching.wake()
    } else if (position > log.end) {
      beginAnew(share)
    } else {
      // The offset is there, but nobody knows any more whose it is: it is taken as it is found.
      share.rewind(-1, position)
      fetching.wake()
    }
  }

  function diverged(share: Share, { leaderEpoch, end }: Divergence): void {
    if (!share.rewind(leaderEpoch, end)) beginAnew(share)
    else commits.soon(share)
    fetching.wake()
  }

  function beginAnew(share: Share): void {
    drop(share, 'its log has lost its end')
    owned.delete(keyOf(share.place))
    reconcile()
  }

  const lossOf = ({ partition }: Place, first: number, below: number) =>
    `${topic}/${partition}: the broker deleted the records ${first} to ${below - 1} before the group ${parts.group} had read them`

  async function send(batch: ReadonlyMap<Share, ShareCommit>): Promise<ReadonlyMap<Share, string>> {
    if (!heartbeats.isAlive()) throw new Error('not a member')
    const all = [...batch].map(([{ place }, commit]) => ({ partition: place.partition, ...commit }))
    const failed = await coordinator.commit(heartbeats.member(), all)
    for (const code of failed.values()) {
      if (code === codes.unknownMember || code === codes.fencedEpoch)
        void end('the broker takes no commit of it any more')
      if (code === codes.staleEpoch) heartbeats.soon()
    }
    const refused = [...batch.keys()].flatMap((share) => {
      const code = failed.get(share.place.partition)
      if (code === codes.metadataTooLarge) share.sayLess()
      return code === undefined ? [] : [[share, errorOf(code).message] as const]
    })
    return new Map(refused)
  }

  // The ways out.

  function drop(share: Share, why: string): void {
    share.isOver = true
    parts.abandoned(share, why)
    idlers.get(share)?.()
    idlers.delete(share)
  }

  /** Resolves when the broker knows it, or does not answer. */
  async function end(why: string): Promise<void> {
    if (isOver) return
    isOver = true
    for (const share of owned.values()) drop(share, why)
    owned.clear()
    commits.end()
    fetching.end()
    ended.resolve()
    await Promise.race([heartbeats.end(), sleep(leaveMs, undefined, { ref: false })])
    link.close()
  }

  return {
    id: heartbeats.member().memberId,
    joined: heartbeats.joined,
    ended: ended.promise,
    isAlive: () => !isOver && heartbeats.isAlive(),
    commits,
    fetching,
    async leave() {
      if (isOver) return
      for (const share of owned.values()) share.isLeaving = true
      if (heartbeats.isAlive()) {
        const flushed = Promise.all([...owned.values()].map(commits.flush))
        await Promise.race([flushed, sleep(leaveMs, undefined, { ref: false })])
      }
      await end('the member leaves')
    },
    idle(share) {
      idlers.get(share)?.()
      idlers.delete(share)
    },
    trouble() {
      const isUnread = [...owned.values()].some((share) => share.position() < 0)
      const here = isUnread || target.length === 0 ? trouble : undefined
      return heartbeats.trouble() ?? here ?? fetching.trouble() ?? commits.trouble()
    },
  }
}
