/** Reading the words of the command line. */
import { BusError, type ListOptions } from '@vestnik/bus'
import { type Command, InvalidArgumentError } from 'commander'

/** What list commands have in common. */
export function addListOptions(command: Command): Command {
  return addPlaceOptions(command)
    .option('--limit <count>', 'show at most so many', readWhole, 100)
    .option('--after <number>', 'only those with a larger number', readWhole)
}

export function addPlaceOptions(command: Command): Command {
  return command.option('--topic <name>', 'only of this topic').option('--group <name>', 'only of this group')
}

/** The numbers of messages, as lists show them. */
export const readNumbers = (text: string, before: readonly number[] = []): readonly number[] => [
  ...new Set([...before, readWhole(text)]),
]

export function readWhole(text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('It must be a whole number above 0.')
}

/** A page of a list, and one more, which says that there are more. */
export function pageOf({ topic, group, after, limit = 100 }: ListOptions): ListOptions {
  return {
    limit: limit + 1,
    ...(topic !== undefined && { topic }),
    ...(group !== undefined && { group }),
    ...(after !== undefined && { after }),
  }
}

/** @throws BusError `BAD_OPTION` unless it holds */
export function need(holds: boolean, otherwise: string): void {
  if (!holds) throw new BusError('BAD_OPTION', otherwise)
}
