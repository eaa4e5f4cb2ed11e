/** What a law of stores works with: stores on one database, tables with names of their own, and other processes. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dialect, Row, SqlValue, Store, Tx } from '@vestnik/bus'
import { type Journal, openJournal } from './journal.ts'
import type { Law, Variant } from './law.ts'
import { isByName, type Opening, openHere } from './opening.ts'
import { type Child, programBeside, startChild } from './process.ts'
import { until, within } from './waiting.ts'

export type StoreLaw = Law<StoreBench>

const inOneProcess: Variant = { title: 'one process', needs: [] }
const inSeveral: Variant = { title: 'several processes', needs: ['processes'] }

/** A law that one process can show. */
export function law(sentence: string, run: (bench: StoreBench) => Promise<void>, ...needs: string[]): StoreLaw {
  return { sentence, variants: [inOneProcess], needs, run }
}

/** A law about several processes on one database. */
export function lawOfProcesses(sentence: string, run: (bench: StoreBench) => Promise<void>): StoreLaw {
  return { sentence, variants: [inSeveral], needs: [], run }
}

/** What an implementation says of itself to be tried. */
export interface StoreFacts {
  /** Opens a store; all that it opens are on one database. */
  readonly open: Opening<Store>
  /** How long a law waits for a fact. @default 10_000 */
  readonly patienceMs?: number
  /** Opens a store on the database whose next commits fail in such a way that nobody knows whether they took place. */
  readonly unknownCommits?: () => Promise<Store>
  /** Opens a store on the database whose next commits are certainly refused, by a full disk say. */
  readonly failedCommits?: () => Promise<Store>
}

export interface StoreBench extends AsyncDisposable {
  /** The one that most laws need. Each law has its own. */
  readonly store: Store
  readonly dialect: Dialect
  readonly patienceMs: number
  /** One more store on the same database, in this process. */
  open(): Promise<Store>
  openUnknown(): Promise<Store>
  openFailing(): Promise<Store>
  /** A program of its own with a store on the same database. */
  process(): Promise<StoreProcess>
  /** Makes a table with a name of its own. In columns `bytes` stands for the dialect's type. */
  table(columns: string): Promise<string>
  /** Runs one statement in a transaction of its own. Placeholders are `?` in every dialect. */
  run(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>
  /** Runs one statement in a work. Placeholders are `?` in every dialect. */
  query(tx: Tx, sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>
  until(what: string, fact: () => boolean | Promise<boolean>): Promise<void>
  /** As the promise, with an end to the patience. */
  within<T>(what: string, promise: Promise<T>): Promise<T>
}

/** Another process with a store on the same database. */
export interface StoreProcess {
  /** Adds 1 to `n` of the only row, so many times at once; each reads it first. */
  increment(table: string, times: number): Promise<void>
  insert(table: string, n: number): Promise<void>
  /** Inserts ten rows of each number in one work, on and on, and notes the numbers that are committed. */
  flood(table: string): Promise<void>
  /** What the flood has noted. */
  committed(): readonly number[]
  /** Changes the only row, and stops (SIGSTOP) before the work ends. Resolves when it stands still. */
  stopInside(table: string): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
}

export async function openStoreBench(facts: StoreFacts): Promise<StoreBench> {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-laws-'))
  const patienceMs = facts.patienceMs ?? 10_000
  const stores: Store[] = []
  const children: Child[] = []
  const journals: Journal<StoreEntry>[] = []
  const tables: string[] = []
  const keep = async (opening: Promise<Store>) => {
    const store = await within(patienceMs, opening, 'open')
    stores.push(store)
    return store
  }
  const store = await keep(openHere(facts.open))
  const { dialect } = store
  const query = (tx: Tx, sql: string, ...values: readonly SqlValue[]) => tx.query(inDialect(sql, dialect), values)
  const run = (sql: string, ...values: readonly SqlValue[]) => store.transaction((tx) => query(tx, sql, ...values))

  return {
    store,
    dialect,
    patienceMs,
    open: () => keep(openHere(facts.open)),
    openUnknown: () => keep(facts.unknownCommits?.() ?? Promise.reject(new Error('no unknownCommits offered'))),
    openFailing: () => keep(facts.failedCommits?.() ?? Promise.reject(new Error('no failedCommits offered'))),
    async process() {
      if (!isByName(facts.open)) throw new Error('several processes need an opening by name')
      const child = startChild(programBeside(import.meta.url, 'store-process'), { patienceMs })
      children.push(child)
      const path = join(folder, `journal-${children.length}`)
      const journal = openJournal<StoreEntry>(path)
      journals.push(journal)
      await child.call('open', facts.open, path)
      return asProcess(child, journal, patienceMs)
    },
    async table(columns) {
      const name = `law_${randomUUID().replaceAll('-', '')}`
      tables.push(name)
      await run(`CREATE TABLE ${name} (${columns.replace(/\bbytes\b/, dialect === 'sqlite' ? 'BLOB' : 'BYTEA')})`)
      return name
    },
    run,
    query,
    until: (what, fact) => until(patienceMs, what, fact),
    within: (what, promise) => within(patienceMs, promise, what),
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map((child) => child.kill()))
      for (const journal of journals) journal.close()
      await rm(folder, { recursive: true })
      const last = await keep(openHere(facts.open))
      const [dropped] = await Promise.allSettled([dropTables(last, tables)])
      for (const each of stores) await within(patienceMs, each.close(), 'close')
      if (dropped.status === 'rejected') throw dropped.reason
    },
  }
}

/** The latest first, as a later one may refer to an earlier one. */
async function dropTables(store: Store, tables: readonly string[]): Promise<void> {
  for (const table of tables.toReversed()) await store.transaction((tx) => tx.query(`DROP TABLE ${table}`, []))
}

function asProcess(child: Child, journal: Journal<StoreEntry>, patienceMs: number): StoreProcess {
  const has = (what: StoreEntry['what']) => journal.entries().some((entry) => entry.what === what)
  return {
    async increment(table, times) {
      await child.call('increment', table, times)
    },
    async insert(table, n) {
      await child.call('insert', table, n)
    },
    async flood(table) {
      await child.call('flood', table)
    },
    committed: () => journal.entries().flatMap(({ what, n }) => (what === 'committed' && n !== undefined ? [n] : [])),
    async stopInside(table) {
      await child.call('stopInside', table)
      await until(patienceMs, 'the process to stop inside its work', () => has('stopping'))
    },
    kill: child.kill,
  }
}

/** One line of a store process's journal. */
export interface StoreEntry {
  readonly what: 'committed' | 'stopping'
  readonly n?: number
}

/** The statement with the dialect's own placeholders. */
export function inDialect(sql: string, dialect: Dialect): string {
  let count = 0
  if (dialect === 'sqlite') return sql
  return sql.replace(/\?/g, () => {
    count += 1
    return `$${count}`
  })
}
