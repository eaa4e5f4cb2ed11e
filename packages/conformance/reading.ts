/** What a journal says: which deliveries started, which ended, and whether that was as promised. */
import assert, { AssertionError } from 'node:assert/strict'
import type { Entry } from './member.ts'
import { keyOf, placeOf } from './messages.ts'

/** A start, an end or another entry of a delivery. */
export type DeliveryEntry = Entry & { readonly id: string }

export function starts(entries: readonly Entry[]): readonly Started[] {
  return entries.filter((entry): entry is Started => entry.what === 'start')
}

/** The starts at one member. */
export const by = (name: string, entries: readonly Entry[]): readonly Started[] =>
  starts(entries).filter(({ member }) => member === name)

export type Started = Required<Pick<Entry, 'id' | 'delivered'>> & Entry

export const startedIds = (entries: readonly Entry[]): string[] => starts(entries).map(({ id }) => id)

/** What was handed out of one key, in order. */
export const startedOf = (key: string, entries: readonly Entry[]): string[] =>
  startedIds(entries).filter((id) => keyOf(id) === key)

export function endedIds(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ what, id }) => (what === 'end' && id !== undefined ? [id] : []))
}

/** How often the id was handed out. */
export const timesStarted = (entries: readonly Entry[], id: string): number =>
  startedIds(entries).filter((it) => it === id).length

/** Each of these ids was handed out once, and nothing else was. */
export function assertOnce(entries: readonly Entry[], ids: readonly string[]): void {
  assert.deepEqual(startedIds(entries).toSorted(), ids.toSorted())
}

/**
 * Whatever had been handed out before was called redelivered. Not asked of members that were gone: what they had in
 * their hands when they were stopped they may hand out when they wake.
 */
export function assertToldTruly(entries: readonly Entry[]): void {
  const before = new Set<string>()
  const gone = new Set<string>()
  for (const { what, id, delivered, member } of entries) {
    if (what === 'gone') gone.add(member)
    if (what !== 'start' || id === undefined || gone.has(member)) continue
    if (before.has(id))
      assert.ok(delivered?.redelivered, `${id} came again at ${member} and was not called redelivered`)
    before.add(id)
  }
}

/**
 * Of each key a message started only when the one before it had ended, and no two ran at once. A message may come
 * again, with those that followed it, when a member was gone or lost it.
 */
export function assertInOrder(entries: readonly Entry[]): void {
  const keys = new Map<string, KeyState>()
  const killed = new Set<string>()
  for (const entry of entries) {
    if (entry.killed) killed.add(entry.member)
    if (entry.what === 'gone') for (const state of keys.values()) leave(state, entry.member)
    const { id } = entry
    const key = id === undefined ? undefined : keyOf(id)
    if (id === undefined || key === undefined) continue
    const state = keys.get(key) ?? { ended: 0, running: new Map(), left: new Map() }
    keys.set(key, state)
    // Until the signal reaches it, who is killed may start one more: it runs nowhere then.
    if (entry.what === 'start' && killed.has(entry.member)) state.left.set(entry.member, id)
    else follow(state, entry as DeliveryEntry)
  }
}

interface KeyState {
  /** The place up to which the key has ended, without a gap. */
  ended: number
  /** What runs, by member. */
  readonly running: Map<string, string>
  /** What ran at members when they went: it may still have ended in time. */
  readonly left: Map<string, string>
}

function leave(state: KeyState, member: string): void {
  const id = state.running.get(member)
  if (id !== undefined) state.left.set(member, id)
  state.running.delete(member)
}

function follow(state: KeyState, { what, id, member }: DeliveryEntry): void {
  if (what === 'start') {
    const others = [...state.running].map(([at, other]) => `${other} ran at ${at}`)
    if (others.length > 0) broken(`${id} started at ${member} while ${others.join(' and ')}`)
    if (placeOf(id) > state.ended + 1) broken(`${id} started at ${member} when its key had ended up to ${state.ended}`)
    state.running.set(member, id)
    return
  }
  // What ends after its signal aborted is no end for the broker.
  const held = state.running.get(member) === id || state.left.get(member) === id
  if (what === 'end' && held) state.ended = Math.max(state.ended, placeOf(id))
  state.running.delete(member)
  state.left.delete(member)
}

function broken(message: string): never {
  throw new AssertionError({ message })
}

/** The largest number of deliveries that ran at once at one member. */
export function mostAtOnce(entries: readonly Entry[]): number {
  const running = new Map<string, number>()
  let most = 0
  for (const { what, member } of entries) {
    if (what === 'start') running.set(member, (running.get(member) ?? 0) + 1)
    if (what === 'end' || what === 'back') running.set(member, (running.get(member) ?? 0) - 1)
    most = Math.max(most, running.get(member) ?? 0)
  }
  return most
}
