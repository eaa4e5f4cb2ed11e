/** Keeps a member alive in its group, and knows whether it is: who was silent for the session is a member no more. */
import { randomUUID } from 'node:crypto'
import { BrokerError, codes, isBrokerError } from './broker-errors.ts'
import type { Coordinator, Member, Place } from './coordinator.ts'
import { isForGood, whyOf } from './failures.ts'

export interface HeartbeatParts {
  readonly coordinator: Coordinator
  /** Until the broker has said how long it waits for a silent member. */
  readonly sessionMs: number
  /** Who this member was before, and may not have told the broker that it has left: nobody is to wait for its session. */
  readonly former: string | undefined
  owned(): readonly Place[]
  /** What the member is to own from now on. */
  assigned(places: readonly Place[]): void
  /** It is a member no more. */
  ended(why: string): void
}

export interface Heartbeats {
  /** Resolves when the group has taken us in; rejects when the broker forbids it, never settles when it ends before. */
  readonly joined: Promise<void>
  member(): Member
  isAlive(): boolean
  /** The next heartbeat has something to say. */
  soon(): void
  trouble(): string | undefined
  /** Tells the broker that the member leaves, if it may have joined. */
  end(): Promise<void>
}

/** The most between two heartbeats: the broker's own pace is for sessions of 45 s. */
const beatMs = 1000
const firstPauseMs = 50
const lookMs = 100
/** An operator may change the session of a group that runs. */
const sessionAgainMs = 60_000
const sessionRetryMs = 1000
/** Until these are over nothing is known of the group. */
const notYet = [codes.coordinatorLoading, codes.coordinatorNotAvailable, codes.notCoordinator]
/** Whoever gets one of these when joining would get it again. */
const finalRefusals = [codes.groupRefused, codes.topicRefused, codes.groupIdInvalid, codes.versionNotSupported]

export function startHeartbeats(parts: HeartbeatParts): Heartbeats {
  const { coordinator } = parts
  const memberId = randomUUID()
  const joined = Promise.withResolvers<void>()
  let { sessionMs, former } = parts
  let sessionDueAt = 0
  let isKnown = false
  let epoch = 0
  let heardAt = Number.NEGATIVE_INFINITY
  let pauseMs = firstPauseMs
  let isOver = false
  let isPoked = false
  let rouse = () => {}
  let trouble: string | undefined
  const member = (): Member => ({ memberId, epoch })
  const isAlive = () => !isOver && performance.now() - heardAt < sessionMs

  async function live(): Promise<void> {
    while (!isOver) {
      isPoked = false
      const ms = await beat()
      if (!isPoked && !isOver) await pause(ms)
    }
  }

  /** Answers how long until the next one. */
  async function beat(): Promise<number> {
    const sentAt = performance.now()
    try {
      await leaveAsFormer()
      isKnown = true
      const pulse = await coordinator.beat({ ...member(), owned: parts.owned() })
      if (isOver) return 0
      heardAt = sentAt
      joined.resolve()
      if (sentAt >= sessionDueAt) void learnSession(sentAt)
      epoch = pulse.epoch
      trouble = undefined
      pauseMs = firstPauseMs
      if (pulse.assigned) parts.assigned(pulse.assigned)
      return Math.min(pulse.intervalMs, beatMs, sessionMs / 4)
    } catch (error) {
      return failed(error)
    }
  }

  /** As long as the broker has not heard it, it gives the partitions to nobody until that session is over. */
  async function leaveAsFormer(): Promise<void> {
    if (former === undefined) return
    await coordinator.beat({ memberId: former, epoch: -1, owned: [] }).catch((error: unknown) => {
      if (!(error instanceof BrokerError) || isBrokerError(error, ...notYet)) throw error
    })
    former = undefined
  }

  async function learnSession(now: number): Promise<void> {
    sessionDueAt = now + sessionAgainMs
    try {
      sessionMs = (await coordinator.sessionMs()) ?? sessionMs
    } catch {
      sessionDueAt = now + sessionRetryMs
    }
  }

  function failed(error: unknown): number {
    if (isBrokerError(error, codes.unknownMember, codes.fencedEpoch)) parts.ended('the broker counts on it no more')
    if (epoch === 0 && (isForGood(error) || isBrokerError(error, ...finalRefusals))) joined.reject(error)
    trouble = whyOf(error)
    const ms = pauseMs
    pauseMs = Math.min(2 * pauseMs, beatMs)
    return ms
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

  const watch = setInterval(() => {
    if (epoch > 0 && !isAlive()) parts.ended('the broker has not answered for as long as a session lasts')
  }, lookMs)
  watch.unref()
  joined.promise.catch(() => {})
  void live()

  return {
    joined: joined.promise,
    member,
    isAlive,
    soon() {
      isPoked = true
      rouse()
    },
    trouble: () => trouble,
    async end() {
      isOver = true
      clearInterval(watch)
      rouse()
      if (isKnown) await coordinator.beat({ memberId, epoch: -1, owned: [] }).catch(() => {})
    },
  }
}
