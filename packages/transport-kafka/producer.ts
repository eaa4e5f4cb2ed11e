/**
 * One partition's producer, as the broker knows it: its batches have consecutive numbers, and a batch that goes again has
 * the same ones, so that the broker stores it once and nothing late passes what is newer.
 */
import type { Numbers } from './batch.ts'
import { codes, errorOf } from './broker-errors.ts'
import type { Produced } from './produce.ts'
import { NoAnswer } from './wires.ts'

export interface Producer<B extends { readonly length: number }> {
  /** Resolves when the broker has it, and rejects when nobody knows, or when it is refused. One at a time. */
  send(batch: B): Promise<void>
}

export interface ProducerParts<B> {
  /** A number that no other producer has. */
  askId(): Promise<bigint>
  /** Rejects with `NoAnswer` when there is none within the deadline. */
  store(batch: B, numbers: Numbers, deadlineMs: number): Promise<Produced>
  bytesOf(batch: B): number
}

const mostSequence = 2 ** 31 - 1
const mostEpoch = 2 ** 15 - 1
const deadlineMs = 5000
/** A broker that takes longer for a batch than it was given gets more time, up to so many times as much. */
const mostPatience = 4
/** What even a slow link carries in a millisecond. */
const bytesPerMs = 100

export function createProducer<B extends { readonly length: number }>(parts: ProducerParts<B>): Producer<B> {
  let producerId: bigint | undefined
  let epoch = 0
  let sequence = 0
  /** Has had the next numbers, and may be stored. */
  let inDoubt: B | undefined
  let stored = -1n
  let patience = 1

  /** What comes late under the old numbers is refused by the broker. */
  function numberAnew(): void {
    epoch += 1
    if (epoch > mostEpoch) producerId = undefined
    if (producerId === undefined) epoch = 0
    sequence = 0
    stored = -1n
  }

  function take({ errorCode, why, baseOffset }: Produced, batch: B): void {
    if (isOutOfNumber(errorCode)) numberAnew()
    if (errorCode !== 0) throw errorOf(errorCode, why)
    // Taken for an older one, whatever that was.
    if (baseOffset <= stored) {
      const was = stored
      numberAnew()
      throw new Error(`it was stored at ${baseOffset}, and what went before it at ${was}`)
    }
    stored = baseOffset + BigInt(batch.length) - 1n
    sequence += batch.length
    inDoubt = undefined
  }

  async function store(batch: B, numbers: Numbers): Promise<Produced> {
    const ms = patience * deadlineMs + Math.ceil(parts.bytesOf(batch) / bytesPerMs)
    try {
      return await parts.store(batch, numbers, ms)
    } catch (error) {
      if (error instanceof NoAnswer) patience = Math.min(patience * 2, mostPatience)
      throw error
    }
  }

  return {
    async send(batch) {
      // Under the numbers of another batch it would be taken for that one, and be lost.
      if (inDoubt !== undefined && inDoubt !== batch) numberAnew()
      if (sequence > mostSequence - batch.length) numberAnew()
      producerId ??= await parts.askId()
      inDoubt = batch
      const produced = await store(batch, { producerId, epoch, sequence })
      patience = 1
      take(produced, batch)
    },
  }
}

const numberErrors: readonly number[] = [codes.outOfOrder, codes.duplicate, codes.fencedProducer, codes.unknownProducer]

/** The broker has forgotten what it had, or has something else. */
function isOutOfNumber(errorCode: number): boolean {
  return numberErrors.includes(errorCode)
}
