/**
 * A simulated process: it can be killed between any two steps, stopped for a while, and lose its place at the broker
 * while it goes on. What a dead one awaits never comes; what it had committed stays.
 */
import type { TestClock } from '@vestnik/testing'
import { BusError, PublishError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Store } from '../store.ts'
import type { Deliver, Group, Outgoing, Subscription, Transport } from '../transport.ts'
import type { Chance } from './chance.ts'

export interface Faults {
  /** While false, nothing goes wrong. */
  on: boolean
  /** Likelihoods, of each commit, publish and crash point. */
  readonly commitFailed: number
  readonly commitUnknown: number
  readonly doubtful: number
  readonly crash: number
}

export interface Life {
  dead: boolean
  stoppedUntil: number
  /** Called when it dies of itself. */
  died: () => void
}

/** Thrown out of a crash point; nothing that catches it can do any harm, as the process is dead. */
class Killed extends Error {}

const never = new Promise<never>(() => {})

export function die(life: Life): never {
  life.dead = true
  life.died()
  throw new Killed('killed')
}

export function portsOf(life: Life, clock: TestClock, chance: Chance, faults: Faults, ids: () => string): Ports {
  return {
    now: clock.now,
    random: chance.next,
    id: ids,
    async sleep(ms, signal) {
      await clock.sleep(ms, signal)
      await whileStopped(life, clock)
    },
    crash() {
      if (life.dead) throw new Killed('killed')
      if (faults.on && chance.happens(faults.crash)) die(life)
    },
  }
}

async function whileStopped(life: Life, clock: TestClock): Promise<void> {
  while (life.stoppedUntil > clock.now()) await clock.sleep(life.stoppedUntil - clock.now())
  if (life.dead) await never
}

export function storeOf(life: Life, shared: Store, clock: TestClock, chance: Chance, faults: Faults): Store {
  return {
    dialect: shared.dialect,
    read: async (work) => {
      await whileStopped(life, clock)
      return shared.read(work)
    },
    async transaction(work) {
      await whileStopped(life, clock)
      try {
        const result = await shared.transaction(async (tx) => {
          const answer = await work(tx)
          if (life.dead) throw new Killed('killed')
          if (faults.on && chance.happens(faults.commitFailed)) throw new BusError('COMMIT_FAILED', 'simulated')
          return answer
        })
        if (faults.on && chance.happens(faults.commitUnknown)) throw new BusError('COMMIT_UNKNOWN', 'simulated')
        await whileStopped(life, clock)
        return result
      } catch (error) {
        if (life.dead) await never
        throw error
      }
    },
    watch: (wake) => shared.watch(() => life.dead || wake()),
    close: async () => {},
  }
}

export interface Member extends Transport {
  /** The broker gives its messages to others, while its handlers go on unknowing. */
  loseMembership(): Promise<void>
}

/** A process's connection to the broker: publishing may be doubtful, and membership may be lost and found again. */
export function memberOf(life: Life, open: () => Transport, clock: TestClock, chance: Chance, faults: Faults): Member {
  let inner = open()
  const joined: { readonly group: Group; readonly deliver: Deliver; subscription: Subscription }[] = []
  const guarded =
    (deliver: Deliver): Deliver =>
    async (message, signal) => {
      if (life.dead) await never
      await deliver(message, signal)
      if (life.dead) await never
    }
  return {
    get name() {
      return inner.name
    },
    get traits() {
      return inner.traits
    },
    ensure: (topology) => inner.ensure(topology),
    health: () => inner.health(),
    close: () => inner.close(),
    async publish(messages) {
      await whileStopped(life, clock)
      if (faults.on && chance.happens(faults.doubtful)) await publishInDoubt(inner, messages, clock, chance)
      else await inner.publish(messages)
      await whileStopped(life, clock)
    },
    async subscribe(group, deliver) {
      const one = { group, deliver: guarded(deliver), subscription: await inner.subscribe(group, guarded(deliver)) }
      joined.push(one)
      return { drain: (deadline) => one.subscription.drain(deadline) }
    },
    async loseMembership() {
      await inner.close()
      inner = open()
      if (life.dead) return
      for (const one of joined) one.subscription = await inner.subscribe(one.group, one.deliver)
    },
  }
}

/** One message's answer is lost: it is stored, or never, or later; those of its key behind it are not stored. */
async function publishInDoubt(
  inner: Transport,
  messages: readonly Outgoing[],
  clock: TestClock,
  chance: Chance,
): Promise<void> {
  const at = chance.whole(0, messages.length - 1)
  const lost = messages[at] as Outgoing
  const behind = messages.slice(at + 1).filter(({ key }) => key !== undefined && key === lost.key)
  const doubtful = [lost, ...behind].map(({ id }) => id)
  const others = messages.filter(({ id }) => !doubtful.includes(id))
  const refused = await inner.publish(others).then(
    () => [],
    (error: unknown) => {
      if (!(error instanceof PublishError)) throw error
      doubtful.push(...error.doubtful)
      return error.refused
    },
  )
  const stored = () => inner.publish([lost]).catch(() => undefined)
  const kind = chance.whole(0, 2)
  if (kind === 0) await stored()
  if (kind === 1) void clock.sleep(chance.whole(1, 400)).then(stored)
  throw new PublishError('simulated doubt', { doubtful, refused })
}
