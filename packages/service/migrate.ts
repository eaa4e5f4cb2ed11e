/** A service's own tables: a numbered list of steps, forward only, each done once. */
import { BusError } from '@vestnik/bus/errors'
import type { Dialect, Store, Tx } from '@vestnik/bus/store'
import { onlyOne } from './only-one.ts'

/** The statements of one step. Its number is its place in the list; a step that has been released never changes. */
export type Migration = readonly string[]

/** One list where each database understands the same statements, else a list for each. */
export type Migrations = readonly Migration[] | Readonly<Record<Dialect, readonly Migration[]>>

/**
 * Brings the tables of a part of the database up to date, each step in one transaction. Several processes may do so at
 * once, and one that is killed leaves nothing half made.
 * @throws BusError `NEWER_VERSION` when a newer program has been here
 */
export async function migrate(store: Store, part: string, migrations: Migrations): Promise<void> {
  const steps = 'sqlite' in migrations ? migrations[store.dialect] : migrations
  while ((await onlyOne(store, 'tables', (tx) => makeNext(tx, part, steps))) === 'more') {}
}

/** Makes the next step, unless all are made. */
async function makeNext(tx: Tx, part: string, steps: readonly Migration[]): Promise<'whole' | 'more'> {
  await tx.query('CREATE TABLE IF NOT EXISTS vestnik_schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL)', [])
  const done = await versionOf(tx, part)
  if (done > steps.length) {
    const known = `this program knows version ${steps.length}`
    throw new BusError('NEWER_VERSION', `open the tables of ${part}: they have version ${done}, ${known}`)
  }
  const next = steps[done]
  if (next === undefined) return 'whole'
  // Together: a server far away would else be waited for once for each of them.
  await Promise.all(next.map((statement) => tx.query(statement, [])))
  await tx.query(
    'INSERT INTO vestnik_schema (part, version) VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET version = excluded.version',
    [part, done + 1],
  )
  return done + 1 === steps.length ? 'whole' : 'more'
}

async function versionOf(tx: Tx, part: string): Promise<number> {
  const [row] = await tx.query('SELECT version FROM vestnik_schema WHERE part = ?', [part])
  return Number(row?.version ?? 0)
}
