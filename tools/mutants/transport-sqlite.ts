/** Mutants of the embedded broker: what its leases, its lanes and its answers promise. */
import type { Mutant } from './mutant.ts'

const broker = 'packages/transport-sqlite'
const laws = [`${broker}/laws.process.test.ts`]

export const transportSqliteMutants: readonly Mutant[] = [
  {
    name: 'a member that is never dead',
    rule: 'The shards of a member whose lease is over are taken over.',
    file: `${broker}/membership.ts`,
    find: 'const dead = until <= now || until > now + lease + 1000',
    replace: 'const dead = until > now + lease + 999_999',
    tests: laws,
    only: 'what a killed member held comes again',
  },
  {
    name: 'a takeover that says it is the first',
    rule: 'What may have been handed out before is called redelivered.',
    file: `${broker}/membership.ts`,
    find: 'copyAside(file, group, row.shard, id, handedOut)',
    replace: 'copyAside(file, group, row.shard, id, false)',
    tests: laws,
    only: 'what a killed member held comes again',
  },
  {
    name: 'what was unfinished is not taken over',
    rule: 'All that was unfinished in a shard comes again at its next owner.',
    file: `${broker}/membership.ts`,
    find: 'of decodeOpenIds(row.low, row.open)) {',
    replace: 'of decodeOpenIds(row.low, row.open).slice(0, 0)) {',
    tests: laws,
    only: 'what a killed member held comes again',
  },
  {
    name: 'any shard for a key',
    rule: 'All messages of a key are in one shard, so that one member at a time has them.',
    file: `${broker}/append.ts`,
    find: 'if (range) return shardOf(source, range[0], range[1])',
    replace: '',
    tests: laws,
    only: 'the members of a group share|members that close and join under load',
  },
  {
    name: 'a locked file taken for a commit',
    rule: 'A publish resolves when its commit is durable, and not otherwise.',
    file: `${broker}/append.ts`,
    find: 'return { results: [...sound.map((frame) => fail(frame, fault)), ...rest], touched: new Set() }',
    replace:
      'return { results: sound.map(({ no }) => ({ no, fault: fault && undefined, unknown: [] })), touched: new Set() }',
    tests: [`${broker}/faults.process.test.ts`],
    only: 'a file that others keep locked',
  },
  {
    name: 'stored behind a refused one',
    rule: 'Within a batch nothing is stored after a message of its key that was refused.',
    file: `${broker}/publisher.ts`,
    find: 'if (message.key !== undefined) refusedPlaces.add(placeOf(message))',
    replace: '',
    tests: laws,
    only: 'behind a refused message its key is doubtful',
  },
  {
    name: 'handed back is done',
    rule: 'A rejection hands the message back.',
    file: `${broker}/deliveries.ts`,
    find: '() => end(false),',
    replace: '() => end(true),',
    tests: laws,
    only: 'what is handed back comes again and is called redelivered',
  },
  {
    name: 'two of a key at once',
    rule: 'Of each key at most one delivery runs.',
    file: `${broker}/lanes.ts`,
    find: 'lane.busy = true',
    replace: 'lane.busy = lane.queue.length === 0',
    tests: [`${broker}/lanes.test.ts`],
  },
]
