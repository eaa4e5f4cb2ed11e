/** A member: one transport that does as a law tells it, and notes what happened to it. The same here and in its own process. */
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  Deliver,
  Group,
  Health,
  Incoming,
  Outgoing,
  Subscription,
  Topology,
  Traits,
  Transport,
} from '@vestnik/bus'
import { type Flood, startFlood } from './flood.ts'
import type { Journal } from './journal.ts'
import { digestOf } from './messages.ts'

/** How a member treats what is delivered to it. By default each delivery resolves at once. */
export interface Manner {
  /** These run until they are released; a held one whose signal aborts rejects. */
  readonly hold?: readonly string[] | 'all'
  /** A held one whose signal aborts goes on, until it is released. @default false */
  readonly stubborn?: boolean
  /** How often each is handed back before it may end, or until it is released. */
  readonly handBack?: Readonly<Record<string, number>> | 'all'
  /** @default 'rejecting' */
  readonly handBackBy?: 'rejecting' | 'throwing' | 'rejecting with undefined'
  /** How long each takes. @default 0: it does not even wait for the next turn of the event loop */
  readonly workMs?: number
}

/** One line of the journal. */
export interface Entry {
  /**
   * start, end, back: of a delivery, noted before the transport learns it. abort: its signal. confirmed: publish
   * resolved for `ids`. gone: noted by the law before it kills, stops or closes the member.
   */
  readonly what: 'start' | 'end' | 'back' | 'abort' | 'confirmed' | 'gone'
  /** Of one that is gone: it was killed, and does not come back. */
  readonly killed?: true
  readonly member: string
  /** The same clock in all processes of this machine, in milliseconds. */
  readonly atMs: number
  readonly topic?: string
  readonly group?: string
  readonly id?: string
  readonly delivered?: Delivered
  readonly ids?: readonly string[]
}

/** What arrived with a start. */
export interface Delivered {
  readonly key?: string
  readonly redelivered: boolean
  readonly at: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
  readonly digest: string
}

export interface Member {
  traits(): Promise<Traits>
  health(): Promise<Health>
  ensure(topology: Topology): Promise<void>
  publish(messages: readonly Outgoing[]): Promise<void>
  /** Publishes batch after batch until `endFlood`, and notes what was confirmed. */
  flood(plan: Flood): Promise<void>
  /** Resolves when the batch under way is confirmed; rejects with what ended the flood before. */
  endFlood(): Promise<void>
  subscribe(group: Group, manner?: Manner): Promise<void>
  /** Held deliveries of these end; they are not held or handed back any more. */
  release(group: Group, ids: readonly string[] | 'all'): Promise<void>
  /** With a deadline after the time; 0 is one that has passed already. */
  drain(group: Group, deadlineMs?: number): Promise<void>
  close(): Promise<void>
  /** What its process occupies now, without garbage. */
  residentMiB(): Promise<number>
}

export function memberOn(transport: Transport, name: string, journal: Journal<Entry>): Member {
  const subscriptions = new Map<string, { readonly subscription: Subscription; readonly reader: Reader }>()
  const note: Note = (entry) => journal.note({ ...entry, member: name, atMs: now() })
  const found = (group: Group) => {
    const it = subscriptions.get(nameOf(group))
    if (!it) throw new Error(`${name} has not subscribed ${nameOf(group)}`)
    return it
  }
  let flood: ReturnType<typeof startFlood> | undefined
  return {
    traits: async () => ({ ...transport.traits }),
    health: async () => transport.health(),
    ensure: (topology) => transport.ensure(topology),
    publish: (messages) => transport.publish(messages),
    async flood(plan) {
      flood = startFlood(transport, plan, (ids) => note({ what: 'confirmed', topic: plan.topic, ids }))
    },
    endFlood: async () => flood?.end(),
    async subscribe(group, manner = {}) {
      const reader = readerOf(group, manner, note)
      subscriptions.set(nameOf(group), { subscription: await transport.subscribe(group, reader.deliver), reader })
    },
    release: async (group, ids) => found(group).reader.release(ids),
    drain: (group, deadlineMs) => found(group).subscription.drain(deadlineSignal(deadlineMs)),
    close: () => transport.close(),
    async residentMiB() {
      globalThis.gc?.()
      return process.memoryUsage.rss() / 2 ** 20
    },
  }
}

type Note = (entry: Omit<Entry, 'member' | 'atMs'>) => void

interface Reader {
  readonly deliver: Deliver
  release(ids: readonly string[] | 'all'): void
}

function readerOf(group: Group, manner: Manner, note: Note): Reader {
  const released = new Set<string>()
  const gates = new Map<string, Set<() => void>>()
  const backs = new Map(typeof manner.handBack === 'object' ? Object.entries(manner.handBack) : [])
  let allReleased = false
  const isReleased = (id: string) => allReleased || released.has(id)
  const holds = (id: string) => !isReleased(id) && (manner.hold === 'all' || manner.hold?.includes(id) === true)

  /** Whether to hand it back this time. */
  const handsBack = (id: string) => {
    if (isReleased(id)) return false
    if (manner.handBack === 'all') return true
    const left = backs.get(id) ?? 0
    if (left > 0) backs.set(id, left - 1)
    return left > 0
  }

  async function handle({ id }: Incoming, signal: AbortSignal, about: { topic: string; group: string; id: string }) {
    if (manner.workMs) await sleep(manner.workMs)
    if (holds(id)) await untilReleased(id, signal)
    if (handsBack(id)) {
      note({ what: 'back', ...about })
      throw manner.handBackBy === 'rejecting with undefined' ? undefined : new Error(`${id} is handed back`)
    }
    note({ what: 'end', ...about })
  }

  const untilReleased = (id: string, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const gate = gates.get(id) ?? new Set()
      gates.set(id, gate.add(resolve))
      if (!manner.stubborn) signal.addEventListener('abort', () => reject(new Error(`${id} was let go`)))
    })

  return {
    deliver(message, signal) {
      const about = { topic: group.topic, group: group.name, id: message.id }
      note({ what: 'start', ...about, delivered: deliveredOf(message) })
      signal.addEventListener('abort', () => note({ what: 'abort', ...about }))
      if (manner.handBackBy === 'throwing' && handsBack(message.id)) {
        note({ what: 'back', ...about })
        throw new Error(`${message.id} is handed back`)
      }
      return handle(message, signal, about)
    },
    release(ids) {
      if (ids === 'all') allReleased = true
      else for (const id of ids) released.add(id)
      for (const [id, gate] of gates) if (isReleased(id)) for (const open of gate) open()
    },
  }
}

function deliveredOf({ key, redelivered, at, headers, body }: Incoming): Delivered {
  return { ...(key !== undefined && { key }), redelivered, at, headers, bytes: body.length, digest: digestOf(body) }
}

/** The machine's monotonic clock, which all its processes share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

const nameOf = (group: Group) => `${group.topic} ${group.name}`

function deadlineSignal(ms: number | undefined): AbortSignal | undefined {
  if (ms === undefined) return undefined
  return ms === 0 ? AbortSignal.abort() : AbortSignal.timeout(ms)
}
