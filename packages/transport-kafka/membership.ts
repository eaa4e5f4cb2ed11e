/**
 * One life of a member in its group: from joining until it leaves, or is not a member any more. It owns partitions only
 * while the broker hears from it: when it was silent for the session it gives up by itself, before others begin.
 */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { codes, isBrokerError } from './broker-errors.ts'
import { type Commits, startCommits } from './commits.ts'
import { coordinatorOf, type Member, type Place, rebalanceMs } from './coordinator.ts'
import { type Fetching, startFetching } from './fetching.ts'
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
  arrived(share: Share, batches: readonly Batch[]): void
  /** These may start now. */
  offered(share: Share, lanes: readonly Lane[]): void
  /** Whatever of it still runs is to be aborted. */
  abandoned(share: Share, why: string): void
  /** Records were deleted before the group had read them: a sentence with their extent. */
  lost(what: string): void
}

export interface Membership {
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

/** The most between two heartbeats: the broker's own pace is for sessions of 45 s. */
const beatMs = 1000
const leaveMs = 1500
/** Of the time that the broker gives us to hand a partition over, what is kept for the commit. */
const commitMs = 1500

export function becomeMember(parts: MemberParts): Membership {
  const { settings, topic } = parts
  const link = openLink(settings, parts.firstBroker)
  const coordinator = coordinatorOf(link, parts.group, topic)
  const leaders = watchLeaders(link, topic)
  const memberId = randomUUID()
  const owned = new Map<string, Share>()
  const idlers = new Map<Share, () => void>()
  const joined = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  let target: readonly Place[] = []
  let epoch = 0
  let heardAt = Number.NEGATIVE_INFINITY
  let sessionMs = settings.sessionMs
  let isOver = false
  let trouble: string | undefined
  let isPoked = false
  let rouse = () => {}

  const commits = startCommits(send, (share, commit) => parts.offered(share, share.committed(commit)))
  const fetching = startFetching({
    ...{ link, leaders, shares: () => owned.values(), arrived: parts.arrived },
    outOfRange: (share) => void reopen(share),
  })
  const member = (): Member => ({ memberId, epoch })
  const isAlive = () => !isOver && performance.now() - heardAt < sessionMs

  // Heartbeats.

  async function live(): Promise<void> {
    let pauseMs = 50
    while (!isOver) {
      isPoked = false
      const sentAt = performance.now()
      let intervalMs = beatMs
      try {
        const pulse = await coordinator.beat({ ...member(), owned: [...owned.values()].map(({ place }) => place) })
        heard(sentAt, pulse.epoch, pulse.assigned)
        intervalMs = Math.min(pulse.intervalMs, beatMs, sessionMs / 4)
        pauseMs = 50
      } catch (error) {
        if (isBrokerError(error, codes.unknownMember, codes.fencedEpoch)) return end('the broker counts on it no more')
        if (epoch === 0 && isBrokerError(error, codes.groupRefused, codes.topicRefused)) joined.reject(error)
        trouble = textOf(error)
        intervalMs = pauseMs
        pauseMs = Math.min(2 * pauseMs, beatMs)
      }
      if (!isPoked) await pause(intervalMs)
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      rouse = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** The next heartbeat has something to say. */
  function poke(): void {
    isPoked = true
    rouse()
  }

  function heard(sentAt: number, now: number, assigned: readonly Place[] | undefined): void {
    if (isOver) return
    heardAt = sentAt
    if (epoch === 0) {
      joined.resolve()
      void askSession()
    }
    epoch = now
    trouble = undefined
    if (assigned) {
      target = assigned
      reconcile()
    }
  }

  async function askSession(): Promise<void> {
    sessionMs = (await coordinator.sessionMs().catch(() => undefined)) ?? sessionMs
  }

  const watch = setInterval(() => {
    if (epoch > 0 && !isAlive()) void end('the broker has not answered for as long as a session lasts')
  }, 100)
  watch.unref()

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
    }
    poke()
  }

  /** The broker gives it to another member when the next heartbeat does not name it any more. */
  async function handOver(key: string, share: Share): Promise<void> {
    share.isLeaving = true
    await Promise.race([whenIdle(share), sleep(rebalanceMs - commitMs, undefined, { ref: false })])
    if (share.isOver) return
    parts.abandoned(share, 'its partition goes to another member')
    await Promise.race([commits.flush(share), sleep(commitMs, undefined, { ref: false })])
    if (share.isOver) return
    share.isOver = true
    if (owned.get(key) === share) owned.delete(key)
    reconcile()
  }

  function whenIdle(share: Share): Promise<void> {
    return share.running === 0 ? Promise.resolve() : new Promise((resolve) => idlers.set(share, resolve))
  }

  async function open(share: Share): Promise<void> {
    const { place } = share
    for (let pauseMs = 50; !share.isOver && !share.isLeaving; pauseMs = Math.min(2 * pauseMs, beatMs)) {
      try {
        if (!leaders.of(place)) await leaders.refresh()
        const [committed, log] = await Promise.all([
          coordinator.committed(member(), place.partition),
          leaders.log(place),
        ])
        if (share.isOver || share.isLeaving) return
        const beginning = beginningOf(committed, { ...log, topicId: place.topicId })
        if (beginning.lost) parts.lost(lossOf(place, beginning.lost.from, beginning.lost.below))
        share.begin(beginning)
        // Also where nothing was committed: what is published from now on must not be passed over.
        commits.now(share)
        return fetching.wake()
      } catch (error) {
        trouble = `partition ${place.partition} is not read yet: ${textOf(error)}`
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
      drop(share, 'its log has lost its end')
      owned.delete(keyOf(share.place))
      reconcile()
    }
  }

  const lossOf = ({ partition }: Place, from: number, below: number) =>
    `${topic}/${partition}: the broker deleted the records ${from} to ${below - 1} before the group ${parts.group} had read them`

  async function send(batch: ReadonlyMap<Share, ShareCommit>): Promise<ReadonlySet<Share>> {
    if (!isAlive()) throw new Error('not a member')
    const all = [...batch].map(([{ place }, commit]) => ({ partition: place.partition, ...commit }))
    const failed = await coordinator.commit(member(), all)
    for (const code of failed.values()) {
      if (code === codes.unknownMember || code === codes.fencedEpoch)
        void end('the broker takes no commit of it any more')
      if (code === codes.staleEpoch) poke()
    }
    return new Set([...batch.keys()].filter(({ place }) => failed.has(place.partition)))
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
    clearInterval(watch)
    for (const share of owned.values()) drop(share, why)
    owned.clear()
    commits.end()
    fetching.end()
    rouse()
    ended.resolve()
    if (epoch > 0) {
      const left = coordinator.beat({ memberId, epoch: -1, owned: [] }).catch(() => {})
      await Promise.race([left, sleep(leaveMs, undefined, { ref: false })])
    }
    link.close()
  }

  joined.promise.catch(() => {})
  void live()

  return {
    joined: joined.promise,
    ended: ended.promise,
    isAlive,
    commits,
    fetching,
    async leave() {
      if (isOver) return
      for (const share of owned.values()) share.isLeaving = true
      if (isAlive()) {
        const flushed = Promise.all([...owned.values()].map(commits.flush))
        await Promise.race([flushed, sleep(leaveMs, undefined, { ref: false })])
      }
      await end('the member leaves')
    },
    idle(share) {
      idlers.get(share)?.()
      idlers.delete(share)
    },
    trouble: () => trouble ?? fetching.trouble(),
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
