/** The account after a simulated run: each promise, asked of what the databases and the outside world hold. */
import type { Row, Store } from '../store.ts'
import type { World } from './simulate.ts'

export interface Broken {
  readonly promise:
    | 'stuck'
    | 'lost'
    | 'doubled'
    | 'dropped, yet took effect'
    | 'ended, yet changed'
    | 'uncounted repeat'
    | 'order'
    | 'innocent buried'
    | 'content changed'
  readonly what: string
}

/** Effects, and every change of state in the inbox, as the database itself saw them. */
export async function keepBooks(store: Store): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.query('CREATE TABLE IF NOT EXISTS effects (seq INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL)', [])
    await tx.query(
      'CREATE TABLE IF NOT EXISTS changes (seq INTEGER PRIMARY KEY AUTOINCREMENT, id, before, after, reason, forced)',
      [],
    )
    await tx.query(
      `CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON vestnik_inbox BEGIN
        INSERT INTO changes (id, after, reason, forced) VALUES (NEW.id, NEW.state, NEW.reason, NEW.forced); END`,
      [],
    )
    await tx.query(
      `CREATE TRIGGER IF NOT EXISTS changed AFTER UPDATE ON vestnik_inbox WHEN OLD.state <> NEW.state BEGIN
        INSERT INTO changes (id, before, after, reason, forced)
          VALUES (NEW.id, OLD.state, NEW.state, NEW.reason, NEW.forced); END`,
      [],
    )
  })
}

export async function findBroken(world: World): Promise<Broken[]> {
  const inbox = await all(world.readerStore, 'SELECT id, pos, state, reason, uncertain, edited FROM vestnik_inbox')
  const effects = await all(world.readerStore, 'SELECT seq, n FROM effects ORDER BY seq')
  const changes = await all(world.readerStore, 'SELECT * FROM changes ORDER BY seq')
  const outbox = await all(world.publisherStore, 'SELECT id, state FROM vestnik_outbox')
  const books = { world, inbox, effects, changes, outbox }
  return [
    ...world.script.flatMap(({ n }) => brokenOf(books, n)),
    ...brokenChanges(books),
    ...brokenOrder(books),
    ...changedContent(world),
  ]
}

interface Books {
  readonly world: World
  readonly inbox: readonly Row[]
  readonly effects: readonly Row[]
  readonly changes: readonly Row[]
  readonly outbox: readonly Row[]
}

function brokenOf({ world, inbox, effects, outbox }: Books, n: number): Broken[] {
  const id = world.ids.get(n)
  const row = inbox.find((found) => found.id === id)
  const sent = outbox.find((found) => found.id === id)
  const isOn = world.setting.kind === 'on'
  const taken = isOn
    ? effects.filter((found) => found.n === n).length
    : world.outside.filter((act) => act.n === n).length
  const rules: [Broken['promise'], boolean][] = [
    ['stuck', sent?.state === 'new' || row?.state === 'held' || row?.state === 'dead'],
    ['lost', row === undefined && sent === undefined],
    ['lost', row?.state === 'done' && taken === 0],
    ['dropped, yet took effect', isOn && taken > 0 && row?.state !== 'done'],
    ['doubled', isOn && taken > 1],
    ['uncounted repeat', !isOn && taken > 1 + Number(row?.uncertain ?? 0)],
  ]
  return rules
    .filter(([, is]) => is)
    .map(([promise]) => ({ promise, what: `message ${n} (${id}): ${row?.state ?? sent?.state}, ${taken} effects` }))
}

function brokenChanges({ world, changes }: Books): Broken[] {
  return changes.flatMap(({ id, before, after, reason }): Broken[] => {
    const n = [...world.ids].find(([, found]) => found === id)?.[0]
    const kills = world.script[n ?? -1]?.behaviour.kind === 'kills'
    if (reason === 'crash' && !kills) return [{ promise: 'innocent buried', what: `message ${n} (${id})` }]
    if (before === 'done' || before === 'dropped')
      return [{ promise: 'ended, yet changed', what: `${id}: ${before} → ${after}` }]
    return []
  })
}

/** Messages of a key take effect in the order of their publication, but for those that the promise exempts. */
function brokenOrder({ world, effects, changes }: Books): Broken[] {
  const order = world.setting.kind === 'on' ? effects.map(({ n }) => Number(n)) : world.outside.map(({ n }) => n)
  const exempt = new Set(world.script.filter((message) => isExempt(world, message.n, changes)).map(({ n }) => n))
  const last = new Map<string, number>()
  return [...new Set(order)].flatMap((n): Broken[] => {
    const key = world.script[n]?.key
    if (key === undefined || exempt.has(n)) return []
    const before = last.get(key) ?? -1
    last.set(key, Math.max(n, before))
    return n < before ? [{ promise: 'order', what: `${key}: message ${n} after ${before}` }] : []
  })
}

function isExempt({ script, setting, ids }: World, n: number, changes: readonly Row[]): boolean {
  const own = changes.filter(({ id }) => id === ids.get(n))
  const died = own.some(({ after }) => after === 'dead')
  const expiredOrForced = own.some(({ reason, forced }) => reason === 'expired' || forced === 1)
  return script[n]?.delayMs !== undefined || expiredOrForced || (died && setting.afterDead === 'continue')
}

/** The same idempotency key never goes with another content. */
function changedContent({ outside }: World): Broken[] {
  const seen = new Map<string, boolean>()
  return outside.flatMap(({ idempotencyKey, edited }): Broken[] => {
    const before = seen.get(idempotencyKey) ?? edited
    seen.set(idempotencyKey, edited)
    return before === edited ? [] : [{ promise: 'content changed', what: idempotencyKey }]
  })
}

async function all(store: Store, query: string): Promise<readonly Row[]> {
  return store.read((tx) => tx.query(query, []))
}
