/** A place: one group of one topic, with its handler. The unit in which messages are held, counted and run. */
import { type Contract, checkOneOf, checkWhole } from './contract.ts'
import { BusError } from './errors.ts'
import type { Handler } from './handler.ts'
import { indexable } from './texts.ts'
import type { Group } from './transport.ts'

export interface Place {
  readonly topic: string
  readonly group: string
  readonly contract: Contract
  readonly handler: Handler
  readonly concurrency: number
  readonly order: 'key' | 'none'
}

/**
 * The places of a bus.
 * @throws BusError `GROUP_CONFLICT` for two handlers of one group, or a group that its contract does not name
 */
export function placesOf(handlers: readonly Handler[]): readonly Place[] {
  const places = handlers.map(placeOf)
  const twice = places.find((a, i) => places.findIndex((b) => b.topic === a.topic && b.group === a.group) !== i)
  if (twice) {
    throw new BusError(
      'GROUP_CONFLICT',
      `open bus: group ${twice.group} of ${twice.topic} has two handlers; give each a group of its own`,
    )
  }
  return places
}

function placeOf(handler: Handler): Place {
  const { contract, group } = handler
  checkOneOf(`open bus: a handler's kind`, handler.kind, ['on', 'effect'])
  if (handler.kind === 'effect') checkWhole(`effect ${contract.topic} ${group}: claimMs`, handler.claimMs, 100)
  const named = contract.groups.find(({ name }) => name === group)
  if (!named) {
    const known = contract.groups.map(({ name }) => name).join(', ') || 'none'
    throw new BusError(
      'GROUP_CONFLICT',
      `open bus: contract ${contract.topic} names no group ${group} (it names ${known})`,
    )
  }
  return { topic: contract.topic, group, contract, handler, concurrency: named.concurrency, order: named.order }
}

/** What order and blocking go by: in an ordered group the key, or what stands for it; nothing in another. */
export const laneOf = (place: Place, key: string | undefined): string | null =>
  place.order === 'key' && key !== undefined ? indexable(key) : null

export const toGroup = (contract: Contract): readonly Group[] =>
  contract.groups.map(({ name, order, concurrency }) => ({ topic: contract.topic, name, order, concurrency }))
