/** A group's place at the memory broker: what waits for it, who reads it, and what is handed out to whom. */
import type { Deliver, Group, Incoming, Outgoing } from '@vestnik/bus'
import { type Fifo, fifo } from './fifo.ts'

export interface Place {
  readonly order: Group['order']
  /** How many messages have not ended. */
  left(): number
  add(message: Outgoing, at: string): void
  join(concurrency: number, deliver: Deliver): PlaceMember
}

export interface PlaceMember {
  /** Takes nothing new; resolves when nothing runs. At the deadline it lets go of what does. */
  drain(deadline?: AbortSignal): Promise<void>
  /** Takes nothing new, and lets go of what runs, for others to have at once. */
  leave(): void
}

/** Messages of which one at a time is handed out: those of a key, or a single one that has no order. */
interface Lane {
  readonly key: string | undefined
  readonly entries: Fifo<Entry>
}

interface Entry {
  readonly message: Outgoing
  readonly at: string
  handedOut: boolean
}

interface Member {
  readonly deliver: Deliver
  readonly concurrency: number
  /** What runs, each with the lane that waits for it. A delivery that is not in here any more ends nothing. */
  readonly running: Map<AbortController, Lane>
  /** Called when nothing runs. */
  readonly idle: (() => void)[]
}

/** @param pause how long a message that was handed back waits */
export function openPlace(order: Group['order'], pause: () => Promise<void>): Place {
  const lanes = new Map<string, Lane>()
  /** Lanes whose first message may be handed out. */
  const ready = fifo<Lane>()
  /** Those that take. */
  const members = new Set<Member>()
  let left = 0

  function pump(): void {
    for (;;) {
      const member = [...members].find(({ running, concurrency }) => running.size < concurrency)
      const lane = member && ready.shift()
      if (!lane) return
      // To the back of the row, so that members take turns.
      members.delete(member)
      members.add(member)
      void handOut(member, lane)
    }
  }

  async function handOut(member: Member, lane: Lane): Promise<void> {
    const abort = new AbortController()
    member.running.set(abort, lane)
    const ended = await run(member.deliver, lane.entries.first(), abort.signal)
    if (!member.running.delete(abort)) return
    if (ended) end(lane)
    pump()
    tellIdle(member)
    if (ended) return
    await pause()
    ready.push(lane)
    pump()
  }

  function end(lane: Lane): void {
    lane.entries.shift()
    left -= 1
    if (lane.entries.first()) ready.push(lane)
    else if (lane.key !== undefined) lanes.delete(lane.key)
  }

  function letGo(member: Member): void {
    const running = [...member.running]
    member.running.clear()
    for (const [abort, lane] of running) {
      abort.abort()
      ready.push(lane)
    }
    tellIdle(member)
    pump()
  }

  async function drain(member: Member, deadline?: AbortSignal): Promise<void> {
    members.delete(member)
    const atDeadline = () => letGo(member)
    if (deadline?.aborted) atDeadline()
    deadline?.addEventListener('abort', atDeadline, { once: true })
    if (member.running.size > 0) await new Promise<void>((idle) => member.idle.push(idle))
    deadline?.removeEventListener('abort', atDeadline)
  }

  return {
    order,
    left: () => left,
    add(message, at) {
      left += 1
      const entry = { message, at, handedOut: false }
      const key = order === 'key' ? message.key : undefined
      const lane = key === undefined ? undefined : lanes.get(key)
      // A lane that is there already waits, runs or pauses with an earlier message.
      if (lane) return lane.entries.push(entry)
      const opened = { key, entries: fifo<Entry>() }
      opened.entries.push(entry)
      if (key !== undefined) lanes.set(key, opened)
      ready.push(opened)
      pump()
    },
    join(concurrency, deliver) {
      const member: Member = { deliver, concurrency, running: new Map(), idle: [] }
      members.add(member)
      pump()
      return {
        drain: (deadline) => drain(member, deadline),
        leave() {
          members.delete(member)
          letGo(member)
        },
      }
    },
  }
}

/** Whether the delivery resolved. */
async function run(deliver: Deliver, entry: Entry | undefined, signal: AbortSignal): Promise<boolean> {
  // Nobody's publish or subscribe waits for a handler's first steps.
  await Promise.resolve()
  if (!entry || signal.aborted) return false
  const { message, at, handedOut } = entry
  entry.handedOut = true
  const incoming: Incoming = { ...copyOf(message), redelivered: handedOut, at }
  try {
    await deliver(incoming, signal)
    return true
  } catch {
    return false
  }
}

function tellIdle(member: Member): void {
  if (member.running.size === 0) for (const idle of member.idle.splice(0)) idle()
}

/** Nobody alters what another has in hands. */
export function copyOf(message: Outgoing): Outgoing {
  return { ...message, headers: { ...message.headers }, body: Uint8Array.from(message.body) }
}
