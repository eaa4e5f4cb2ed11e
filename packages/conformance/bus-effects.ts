/** What handlers wrote into their service's own database: the effects that must be there once. */
import type { Store, Tx } from '@vestnik/bus'

export interface Effect {
  /** Empty for what stands in the database. */
  readonly topic: string
  readonly group: string
  readonly name: string
  readonly id: string
  /** Of an effect outside. */
  readonly idempotencyKey?: string
}

export async function makeEffects(store: Store): Promise<void> {
  const seq = store.dialect === 'postgres' ? 'BIGSERIAL' : 'INTEGER'
  const columns = `seq ${seq} PRIMARY KEY, grp TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL`
  await store.transaction((tx) => tx.query(`CREATE TABLE IF NOT EXISTS law_effects (${columns})`, []))
}

/** Writes one effect, in any dialect. */
export async function addEffect(tx: Tx, { group, name, id }: Pick<Effect, 'group' | 'name' | 'id'>): Promise<void> {
  // A `tx` does not say its dialect, and so not its placeholders either.
  const values = [group, name, id].map((text) => `'${text.replaceAll("'", "''")}'`)
  await tx.query(`INSERT INTO law_effects (grp, name, id) VALUES (${values.join(', ')})`, [])
}

export async function readEffects(store: Store): Promise<readonly Effect[]> {
  const rows = await store.read((tx) => tx.query('SELECT grp, name, id FROM law_effects ORDER BY seq', []))
  return rows.map(({ grp, name, id }) => ({ topic: '', group: String(grp), name: String(name), id: String(id) }))
}
