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

/** A path in a folder of the test's own. */
export function scratchPath(t: TestContext, name: string = 'store.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-store-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
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
  t.after(() => store.close())
  return store
}

/** One statement in a transaction of its own. */
export const run = (store: Store, sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> =>
  store.transaction((tx) => tx.query(sql, values))

/** One statement on a snapshot of its own. */
export const look = (store: Store, sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> =>
  store.read((tx) => tx.query(sql, values))

/** Waits for a fact; the test's own limit is the end of its patience. */
export async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await sleep(2)
}
