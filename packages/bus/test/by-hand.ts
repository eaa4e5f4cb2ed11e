/** A bus whose broker is the test itself: it hands out what it likes, and answers publishes as it likes. */
import { openSqliteStore } from '@vestnik/store-sqlite'
import { type TestClock, testClock, testPorts, watchWork } from '@vestnik/testing'
import { z } from 'zod'
import type { Bus, BusOptions, LogEntry } from '../bus.ts'
import { type Contract, type ContractOptions, contract } from '../contract.ts'
import { toIso } from '../iso-time.ts'
import { openBus } from '../open-bus.ts'
import type { Ports } from '../ports.ts'
import type { Row, SqlValue, Store } from '../store.ts'
import type { Deliver, Incoming, Outgoing, Transport } from '../transport.ts'

export interface Note {
  readonly n: number
  readonly key?: string | undefined
}

const noteSchema = z.object({ n: z.int(), key: z.string().optional() })

/** A contract of numbered notes with one group, `reader`, and one retry after a second. */
export function noteContract(
  options: Partial<ContractOptions<Note, 'reader'>> = {},
  topic = 'note.written',
): Contract<Note, 'reader'> {
  return contract(topic, {
    schema: noteSchema,
    key: ({ key }) => key,
    groups: ['reader'],
    retry: { attempts: 2, firstDelayMs: 1_000, maxDelayMs: 1_000 },
    ...options,
  })
}

export interface HandTransport extends Transport {
  /** Everything that was published, batch by batch. */
  readonly batches: (readonly Outgoing[])[]
  /** Answers the next publishes; without it they succeed. */
  answer: (messages: readonly Outgoing[]) => Promise<void>
  /** Hands a message to the group's subscriber. */
  handOut(group: string, message: Incoming): Promise<void>
}

export function handTransport(traits: Partial<Transport['traits']> = {}, name = 'hand'): HandTransport {
  const delivers = new Map<string, Deliver>()
  const batches: (readonly Outgoing[])[] = []
  return {
    name,
    traits: { retainsHistory: false, maxBodyBytes: 1_000_000, ...traits },
    batches,
    answer: async () => {},
    async publish(messages) {
      batches.push(messages)
      await this.answer(messages)
    },
    async subscribe(group, deliver) {
      delivers.set(group.name, deliver)
      return { drain: async () => {} }
    },
    async handOut(group, message) {
      const deliver = delivers.get(group)
      if (!deliver) throw new Error(`nobody subscribed as ${group}`)
      await deliver(message, new AbortController().signal)
    },
    ensure: async () => {},
    health: () => ({ ready: true }),
    close: async () => {},
  }
}

export interface ByHand extends AsyncDisposable {
  readonly bus: Bus
  readonly store: Store
  readonly clock: TestClock
  readonly transport: HandTransport
  readonly logged: LogEntry[]
  /** Hands out note `n`, as the first hand-out unless said otherwise. */
  handOut(note: Note, also?: Partial<Incoming>): Promise<void>
  rows(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>
  /** `n` of every row of the table `taken`, in the order in which they took effect. */
  taken(): Promise<readonly number[]>
}

export interface ByHandOptions extends Omit<BusOptions, 'service' | 'store' | 'transport' | 'ports'> {
  /** Shared by several buses; it then belongs to the test. */
  readonly store?: Store
  readonly clock?: TestClock
  readonly transport?: HandTransport
  readonly ports?: Partial<Ports>
  /** Stands between the bus and its store. */
  readonly wrap?: (store: Store) => Store
}

/** Opens a bus of service `notes` under a test clock, with a table `taken` for its handlers' effects. */
export async function openByHand(options: ByHandOptions): Promise<ByHand> {
  const own = options.store ? undefined : await openMemory()
  const store = options.store ?? (own as Memory).store
  await store.transaction((tx) => tx.query('CREATE TABLE IF NOT EXISTS taken (n INTEGER NOT NULL)', []))
  const clock = options.clock ?? own?.clock ?? testClock()
  const transport = options.transport ?? handTransport()
  const logged: LogEntry[] = []
  const bus = await openBus({
    log: (entry) => logged.push(entry),
    ...options,
    service: 'notes',
    store: options.wrap?.(store) ?? store,
    transport,
    ports: { ...testPorts(clock), id: () => `id-${++ids}`, ...options.ports },
  })
  const rows = (sql: string, values: readonly SqlValue[] = []) => store.read((tx) => tx.query(sql, values))
  return {
    bus,
    store,
    clock,
    transport,
    logged,
    rows,
    handOut: (note, also) => transport.handOut('reader', incoming(note, clock.now(), also)),
    taken: async () => (await rows('SELECT n FROM taken ORDER BY rowid')).map(({ n }) => Number(n)),
    async [Symbol.asyncDispose]() {
      const closing = bus.close()
      let closed = false
      void closing.finally(() => {
        closed = true
      })
      while (!closed) await clock.next()
      if (!options.store) await store.close()
    },
  }
}

export interface Memory {
  readonly store: Store
  readonly clock: TestClock
}

/** A database in memory, and a clock that never moves while something is under way in it. */
export async function openMemory(): Promise<Memory> {
  const { store, idle } = watchWork(await openSqliteStore(':memory:'))
  return { store, clock: testClock(undefined, () => !idle()) }
}

let ids = 0

/** A note as the broker hands it out, published now by service `writer`. */
export function incoming(note: Note, now: number, also: Partial<Incoming> = {}): Incoming {
  return {
    id: `note-${note.n}`,
    topic: 'note.written',
    ...(note.key !== undefined && { key: note.key }),
    headers: { 'ce-source': 'writer', 'ce-type': 'note.written', 'ce-time': toIso(now) },
    body: new TextEncoder().encode(JSON.stringify(note)),
    redelivered: false,
    at: `hand:note.written@${note.n}`,
    ...also,
  }
}
