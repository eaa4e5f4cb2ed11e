/** Folders and stores that a test has for itself, removed with everything in them when it ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row, SqlValue, Store } from '@vestnik/bus/store'
import { soundMachine } from './faulty.fixture.ts'
import type { SqliteStoreOptions } from './options.ts'
import { type Machine, openStoreOn, type SqliteStore } from './store.ts'

const stacks = new WeakMap<TestContext, AsyncDisposableStack>()

/** When the test ends, the last thing that was made goes first. */
export function atEnd(t: TestContext, dispose: () => unknown): void {
  let stack = stacks.get(t)
  if (stack === undefined) {
    stack = new AsyncDisposableStack()
    stacks.set(t, stack)
    t.after(() => stacks.get(t)?.disposeAsync())
  }
  stack.defer(async () => void (await dispose()))
}

/** A path in a folder of the test's own. */
export function scratchPath(t: TestContext, name: string = 'store.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-store-'))
  atEnd(t, () => rmSync(folder, { recursive: true }))
  return join(folder, name)
}

/** A store on the path, closed when the test ends. */
export async function openScratch(
  t: TestContext,
  path: string = scratchPath(t),
  options: SqliteStoreOptions = {},
  machine: Machine = soundMachine,
): Promise<SqliteStore> {
  const store = await openStoreOn(machine, path, options)
  atEnd(t, () => store.close())
  return store
}

/** One statement in a transaction of its own. */
export const run = (store: Store, sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> =>
  store.transaction((tx) => tx.query(sql, values))

/** One statement on a snapshot of its own. */
export const look = (store: Store, sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> =>
  store.read((tx) => tx.query(sql, values))

/** Waits for a fact, with an end to its patience. */
export async function until(fact: () => boolean): Promise<void> {
  for (const end = performance.now() + 15_000; !fact(); await sleep(2)) {
    if (performance.now() > end) throw new Error(`after 15 s it is still not so: ${fact}`)
  }
}
