/** Giving a queue to another member: between two messages, never in the middle of one. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reader } from './reader.ts'

export interface Owner {
  /** Whether the subscription still takes messages. */
  isOpen(): boolean
  /** Gives back what is in hand, and waits for the queue behind the others. */
  giveAway(): Promise<void>
  /** Starts what was kept back. */
  letGo(): void
}

/** A slow message must not keep the rest of its queue waiting: after so long the queue is kept. */
const patienceMs = 1000
const turnMs = 20

/** Resolves when the queue is given away, kept or lost. */
export async function handOver(
  reader: Pick<Reader, 'isHeldBack' | 'isLost' | 'running' | 'prove'>,
  owner: Owner,
): Promise<void> {
  reader.isHeldBack = true
  for (let waitedMs = 0; waitedMs < patienceMs && reader.running > 0 && owner.isOpen(); waitedMs += turnMs) {
    await sleep(turnMs)
  }
  if (!owner.isOpen() || reader.isLost) return
  if (reader.running > 0) await resume(reader, owner.letGo)
  else await owner.giveAway()
}

/**
 * Starts what was kept back when the broker still knows the channel: this process may have stood still meanwhile, and
 * another member may have the queue.
 */
export async function resume(reader: Pick<Reader, 'isLost' | 'prove'>, letGo: () => void): Promise<void> {
  try {
    await reader.prove()
  } catch {
    // Its channel has gone: it is told as lost.
    return
  }
  if (!reader.isLost) letGo()
}
