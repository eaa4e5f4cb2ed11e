/** Keeps a member alive in its group, and knows whether it is: who was silent for the session is a member no more. */
import { randomUUID } from 'node:crypto'
import { codes, isBrokerError } from './broker-errors.ts'
import type { Coordinator, Member, Place } from './coordinator.ts'
import { whyOf } from './failures.ts'

export interface HeartbeatParts {
  readonly coordinator: Coordinator
  /** Until the broker has said how long it waits for a silent member. */
  readonly sessionMs: number
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
  /** Tells the broker that the member leaves, if it had joined. */
  end(): Promise<void>
}

/** The most between two heartbeats: the broker's own pace is for sessions of 45 s. */
const beatMs = 1000
const firstPauseMs = 50
const lookMs = 100

export function startHeartbeats(parts: HeartbeatParts): Heartbeats {
  const { coordinator } = parts
  const memberId = randomUUID()
  const joined = Promise.withResolvers<void>()
  let { sessionMs } = parts
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
      const pulse = await coordinator.beat({ ...member(), owned: parts.owned() })
      if (isOver) return 0
      heardAt = sentAt
      if (epoch === 0) void taken()
      epoch = pulse.epoch
      trouble = undefined
      pauseMs = firstPauseMs
      if (pulse.assigned) parts.assigned(pulse.assigned)
      return Math.min(pulse.intervalMs, beatMs, sessionMs / 4)
    } catch (error) {
      return failed(error)
    }
  }

  async function taken(): Promise<void> {
    joined.resolve()
    sessionMs = (await coordinator.sessionMs().catch(() => undefined)) ?? sessionMs
  }

  function failed(error: unknown): number {
    if (isBrokerError(error, codes.unknownMember, codes.fencedEpoch)) parts.ended('the broker counts on it no more')
    if (epoch === 0 && isBrokerError(error, codes.groupRefused, codes.topicRefused)) joined.reject(error)
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
      if (epoch > 0) await coordinator.beat({ memberId, epoch: -1, owned: [] }).catch(() => {})
    },
  }
}
