/** What a law of transports works with: members of a broker, groups with names of their own, and the journal of what happened. */
import { AssertionError } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Group, Transport } from '@vestnik/bus'
import { type BenchMember, type OpenMember, openElsewhere, openInside } from './bench-member.ts'
import { openJournal } from './journal.ts'
import type { Variant } from './law.ts'
import type { Entry, Manner } from './member.ts'
import { messageOf } from './messages.ts'
import type { Opening } from './opening.ts'
import { until } from './waiting.ts'

export interface TransportVariant extends Variant {
  readonly order: Group['order']
  readonly several: boolean
}

/** What an implementation says of itself to be tried. */
export interface TransportFacts {
  readonly open: Opening<Transport>
  /** How long until others may have what a dead or stopped member held. */
  readonly leaseMs: number
  /** How long a law waits for a fact. @default 10_000 + 3 × leaseMs */
  readonly patienceMs?: number
  /** How much the memory of a process may grow that reads a backlog of 100 MB. @default 160 */
  readonly backlogMiB?: number
  /** Takes the broker away from all members and gives it back, with all that it held. */
  readonly outage?: Outage
  /** How many messages of the topic the broker keeps. */
  readonly kept?: (topic: string) => Promise<number>
}

export interface Outage {
  stop(): Promise<void>
  start(): Promise<void>
}

export interface GroupSettings {
  readonly topic?: string
  readonly partitions?: number
  readonly order?: Group['order']
  /** @default 8 */
  readonly concurrency?: number
}

export interface TransportBench extends AsyncDisposable {
  readonly order: Group['order']
  readonly leaseMs: number
  readonly patienceMs: number
  readonly backlogMiB: number
  readonly outage: Outage
  kept(topic: string): Promise<number>
  /** A name that nobody has used. */
  invent(what: string): string
  /** One more member, with a transport of its own. */
  member(): Promise<BenchMember>
  /** The member that only publishes; opened when it is first asked for. */
  publisher(): Promise<BenchMember>
  /** A group with a name of its own, of a topic of its own if none is named; both are made at the broker. */
  group(settings?: GroupSettings): Promise<Group>
  /** One more member, which has subscribed to the group. */
  reader(group: Group, manner?: Manner): Promise<BenchMember>
  /** Publishes the messages of these ids in one batch. */
  publish(of: Group | string, ids: readonly string[], bytes?: number): Promise<void>
  /** What was noted of the group's deliveries, or of everything. */
  entries(group?: Group): readonly Entry[]
  /** Resolves when the fact holds of the group's entries. */
  until(what: string, group: Group, fact: (entries: readonly Entry[]) => boolean | Promise<boolean>): Promise<void>
  /** Resolves when deliveries of all these ids have ended. */
  untilEnded(group: Group, ids: readonly string[]): Promise<void>
  /** Resolves when deliveries of all these ids have started, each at least so often. */
  untilStarted(group: Group, ids: readonly string[], times?: number): Promise<void>
}

export async function openTransportBench(facts: TransportFacts, variant: TransportVariant): Promise<TransportBench> {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-laws-'))
  const journalPath = join(folder, 'journal')
  const journal = openJournal<Entry>(journalPath)
  const run = randomUUID().slice(0, 8)
  const patienceMs = facts.patienceMs ?? 10_000 + 3 * facts.leaseMs
  const members: OpenMember[] = []
  let names = 0
  let away = false
  let publisher: Promise<BenchMember> | undefined

  const bench: TransportBench = {
    order: variant.order,
    leaseMs: facts.leaseMs,
    patienceMs,
    backlogMiB: facts.backlogMiB ?? 160,
    outage: {
      async stop() {
        await (facts.outage?.stop ?? notOffered('outage'))()
        away = true
      },
      async start() {
        away = false
        await (facts.outage?.start ?? notOffered('outage'))()
      },
    },
    kept: facts.kept ?? notOffered('kept'),
    invent(what) {
      names += 1
      return `${what}-${run}-${names}`
    },
    async member() {
      const name = `m${members.length + 1}`
      const opening = variant.several
        ? openElsewhere(facts.open, name, journal, journalPath, patienceMs)
        : openInside(facts.open, name, journal, patienceMs)
      const member = await opening
      members.push(member)
      return member
    },
    publisher() {
      publisher ??= bench.member()
      return publisher
    },
    async group({ topic = bench.invent('topic'), partitions = 4, order = variant.order, concurrency = 8 } = {}) {
      const group = { topic, name: bench.invent('group'), order, concurrency }
      await (await bench.publisher()).ensure({ topics: [{ name: topic, partitions }], groups: [group] })
      return group
    },
    async reader(group, manner) {
      const member = await bench.member()
      await member.subscribe(group, manner)
      return member
    },
    async publish(of, ids, bytes) {
      const topic = typeof of === 'string' ? of : of.topic
      await (await bench.publisher()).publish(ids.map((id) => messageOf(topic, id, bytes)))
    },
    entries: (group) => journal.entries().filter((it) => !group || belongs(it, group)),
    async until(what, group, fact) {
      const holds = () => fact(bench.entries(group))
      await until(patienceMs, what, holds).catch((error) => {
        throw withTail(error, bench.entries(group))
      })
    },
    untilEnded: (group, ids) => bench.until(`the end of ${some(ids)}`, group, (it) => covers(it, 'end', ids, 1)),
    untilStarted: (group, ids, times = 1) =>
      bench.until(`the start of ${some(ids)}`, group, (it) => covers(it, 'start', ids, times)),
    async [Symbol.asyncDispose]() {
      // A law that failed in between leaves the broker to the laws after it.
      if (away) await bench.outage.start()
      const ends = await Promise.allSettled(members.map((member) => member.discard()))
      journal.close()
      await rm(folder, { recursive: true })
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    },
  }
  return bench
}

const notOffered = (what: string) => () => Promise.reject(new Error(`this transport offers no ${what}`))

/** Entries of members that are gone belong to every group. */
const belongs = (entry: Entry, group: Group) =>
  entry.what === 'gone' || (entry.topic === group.topic && (entry.group ?? group.name) === group.name)

function covers(entries: readonly Entry[], what: Entry['what'], ids: readonly string[], times: number): boolean {
  const counts = new Map<string, number>()
  for (const entry of entries) {
    if (entry.what === what && entry.id) counts.set(entry.id, (counts.get(entry.id) ?? 0) + 1)
  }
  return ids.every((id) => (counts.get(id) ?? 0) >= times)
}

const some = (ids: readonly string[]) =>
  ids.length > 8 ? `${ids.slice(0, 8).join(', ')} … (${ids.length})` : ids.join(', ')

/** The last entries say more than the wait itself. */
function withTail(error: unknown, entries: readonly Entry[]): unknown {
  if (!(error instanceof AssertionError)) return error
  const lines = entries.slice(-20).map(({ what, member, id, delivered }) => {
    return `${member} ${what} ${id ?? ''}${delivered?.redelivered ? ' (redelivered)' : ''}`
  })
  error.message += `; of ${entries.length} entries the last are:\n${lines.join('\n')}`
  return error
}
