/**
 * A group's queues at the broker. Nothing is led into one before it is on the disk, but for what would else go to other
 * groups only.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Group } from '@vestnik/bus/transport'
import { groupBindings, groupQueues, membersQueue, type QueuePlan, rejectedQueue, settlingQueue } from './declared.ts'
import type { Names } from './names.ts'
import { type Channels, exists } from './questions.ts'

/** A group whose queues are to be there. */
export interface Wanted {
  readonly group: Group
  readonly partitions: number
  /** They were there before, so that one that is missing was lost. */
  readonly isKnown: boolean
  /** The topic has other groups: what misses this one comes back to nobody. */
  readonly hasOthers: boolean
}

export interface QueuesOptions {
  readonly names: Names
  readonly settleMs: number
  readonly log: (text: string) => void
}

export interface Queues {
  /** Makes what is missing. Resolves when all of it is on the disk, and bound. */
  make(channels: Channels, wanted: readonly Wanted[]): Promise<void>
  /** Binds the queues, which are bound unless somebody has unbound them; false where one of them is not there. */
  bindAgain(channels: Channels, group: Group, partitions: number): Promise<boolean>
}

export function createQueues({ names, settleMs, log }: QueuesOptions): Queues {
  async function make(channels: Channels, wanted: readonly Wanted[]): Promise<void> {
    let settles = false
    for (const one of wanted) settles = (await declareQueues(channels, one)) || settles
    if (settles) await sleep(settleMs)
    for (const { group, partitions } of wanted) {
      await bindQueues(channels, group, partitions)
      await declare(channels, rejectedQueue(names, group))
    }
  }

  /** Whether they are perhaps not on the disk yet. */
  async function declareQueues(channels: Channels, wanted: Wanted): Promise<boolean> {
    const { group, partitions } = wanted
    const isNew = !wanted.isKnown && !(await isThere(channels, rejectedQueue(names, group).name))
    const missing = isNew ? undefined : await firstMissing(channels, group, partitions)
    const settles = !isNew && settleMs > 0 && (await isSettling(channels, group, missing !== undefined))
    const queues = groupQueues(names, group, partitions)
    for (const plan of group.order === 'key' ? [membersQueue(names, group), ...queues] : queues) {
      await declare(channels, plan)
    }
    if (missing === undefined) return isNew || settles
    if (wanted.hasOthers) await bindQueues(channels, group, partitions)
    const meanwhile = wanted.hasOthers ? '; what was published meanwhile went to other groups only' : ''
    log(`${group.topic}: queue ${missing} was gone, with what it held, and is made again${meanwhile}`)
    return true
  }

  /** Who makes a queue again says so: others who come meanwhile find it, and must wait for the disk as well. */
  async function isSettling(channels: Channels, group: Group, isMaker: boolean): Promise<boolean> {
    const settling = settlingQueue(names, group, settleMs)
    if (await isThere(channels, settling.name)) return true
    if (isMaker) await declare(channels, settling)
    return isMaker
  }

  async function firstMissing(channels: Channels, group: Group, partitions: number): Promise<string | undefined> {
    for (const { name } of groupQueues(names, group, partitions)) if (!(await isThere(channels, name))) return name
    return undefined
  }

  async function bindQueues(channels: Channels, group: Group, partitions: number): Promise<void> {
    for (const { queue, exchange, keys } of groupBindings(names, group, partitions)) {
      for (const key of keys) await (await channels.get()).bindQueue(queue, exchange, key)
    }
  }

  return {
    make,
    async bindAgain(channels, group, partitions) {
      if ((await firstMissing(channels, group, partitions)) !== undefined) return false
      await bindQueues(channels, group, partitions)
      return true
    },
  }
}

export async function declare(channels: Channels, { name, options }: QueuePlan): Promise<void> {
  await (await channels.get()).assertQueue(name, options)
}

export function isThere(channels: Channels, queue: string): Promise<boolean> {
  return exists(channels, (channel) => channel.checkQueue(queue))
}
