/** How the handlers of the laws behave, and what the laws ask of dead and held messages. */
import assert from 'node:assert/strict'
import { type Decision, type HeldMessage, type MessageDetail, permanent } from '@vestnik/bus'
import { type Code, hasCode } from '@vestnik/bus/errors'
import type { BusBench, BusProcess, Does } from './bus-bench.ts'

/** Fails so many times for each name that is given, then no more. */
export function failing(times: Readonly<Record<string, number>>): Does {
  const left = new Map(Object.entries(times))
  return (name) => {
    const more = left.get(name) ?? 0
    left.set(name, more - 1)
    if (more > 0) throw new Error(`${name} fails, ${more - 1} times more`)
  }
}

/** Names that die at once, until they are mended. */
export function dying(...names: readonly string[]): { readonly does: Does; mend(): void } {
  let broken = true
  return {
    does: (name) => {
      if (broken && names.includes(name)) throw permanent(`${name} cannot be handled`)
    },
    mend() {
      broken = false
    },
  }
}

/** Waits for so many dead letters, and answers them, the oldest first. */
export async function untilDead(bench: BusBench, { bus }: BusProcess, count: number): Promise<readonly HeldMessage[]> {
  let letters: readonly HeldMessage[] = []
  await bench.until(`${count} dead letters`, async () => {
    letters = await bus.operations.listDead()
    return letters.length >= count
  })
  assert.equal(letters.length, count)
  return letters
}

/** Waits for the one dead letter, and answers all of it. */
export async function untilDeadLetter(bench: BusBench, process: BusProcess): Promise<MessageDetail> {
  const [letter] = await untilDead(bench, process, 1)
  assert.ok(letter)
  return process.bus.operations.show(letter)
}

/** Waits until so many are held, and no more: what is being handled is held until it has ended. */
export async function untilHeld(bench: BusBench, { bus }: BusProcess, count: number): Promise<readonly HeldMessage[]> {
  let held: readonly HeldMessage[] = []
  await bench.until(`${count} held messages`, async () => {
    held = await bus.operations.listHeld()
    return held.length === count
  })
  return held
}

/** Nothing waits any more in the service's inbox. */
export async function untilAtRest(bench: BusBench, { bus }: BusProcess): Promise<void> {
  await bench.until('nothing held', async () => (await bus.operations.listHeld()).length === 0)
}

/** A person's decision on what they saw. */
export function as({ revision }: HeldMessage, force = false): Decision {
  return { who: 'a person', revision, force }
}

export const coded =
  (...codes: readonly Code[]) =>
  (error: unknown): true => {
    assert.ok(hasCode(error, ...codes), `expected ${codes.join(' or ')}, got ${error}`)
    return true
  }
