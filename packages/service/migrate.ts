/** A service's own tables: a numbered list of steps, forward only, each done once. */
import { BusError } from '@vestnik/bus/errors'
import type { Store, Tx } from '@vestnik/bus/store'

/** The statements of one step. Its number is its place in the list; a step that has been released never changes. */
export type Migration = readonly string[]

/**
 * Brings the tables of a part of the database up to date, in one transaction; several processes may do so at once.
 * @throws BusError `NEWER_VERSION` when a newer program has been here
 */
export async function migrate(store: Store, part: string, migrations: readonly Migration[]): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.query('CREATE TABLE IF NOT EXISTS vestnik_schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL)', [])
    const done = await versionOf(tx, part)
    if (done > migrations.length) {
      const known = `this program knows version ${migrations.length}`
      throw new BusError('NEWER_VERSION', `open the tables of ${part}: they have version ${done}, ${known}`)
    }
    for (const statement of migrations.slice(done).flat()) await tx.query(statement, [])
    await tx.query(
      'INSERT INTO vestnik_schema (part, version) VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET version = excluded.version',
      [part, migrations.length],
    )
  })
}

async function versionOf(tx: Tx, part: string): Promise<number> {
  const [row] = await tx.query('SELECT version FROM vestnik_schema WHERE part = ?', [part])
  return Number(row?.version ?? 0)
}
