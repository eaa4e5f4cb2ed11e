/**
 * Changing what failed: replay, edit, drop, send again. Every change carries the revision that the person saw and needs
 * the state dead, so that two people, or one who clicks twice, do it once. Each is recorded, with who and when.
 */
import { BusError } from './errors.ts'
import { inboxFor } from './inbox.ts'
import { textOrNull, toRef } from './inbox-rows.ts'
import { findWaiting } from './looks.ts'
import type { Decision, MessageRef, Operations } from './operations.ts'
import type { Ports } from './ports.ts'
import type { Sql } from './sql.ts'
import type { Row, Store, Tx } from './store.ts'

type Mends = Pick<Operations, 'replay' | 'replayAll' | 'edit' | 'drop' | 'sendAside' | 'dropAside'>
type Ref = MessageRef | number

/** Few, as each takes several statements of a work that may be far from its database. */
const replayBatch = 20

export interface MendsParts {
  readonly now: () => number
  /** Hears of each change that is durable. */
  readonly changed: () => void
  readonly crash: Ports['crash']
}

export function mendsOn(store: Store, sql: Sql, { now, changed, crash }: MendsParts): Mends {
  const inbox = inboxFor(sql)
  const change = async (ref: Ref, decision: Decision, what: string, work: (tx: Tx, row: Row) => Promise<void>) => {
    await store.transaction(async (tx) => {
      const row = await findLocked(tx, ref)
      checkDead(row, decision.revision)
      await work(tx, row)
      await record(tx, decision.who, what, nameOf(row), decision.force ? 'forced' : 'done')
      crash('operate.changed')
    })
    changed()
  }

  return {
    async replay(ref, decision) {
      await change(ref, decision, 'replay', async (tx, row) => {
        checkForce(row, decision, now())
        await release(tx, row, decision.force ?? false)
      })
    },

    async replayAll({ who, topic, group, after, limit }) {
      const found = await store.read((tx) =>
        tx.query(
          ...sql`SELECT pos, rev FROM vestnik_inbox WHERE state IN ('held', 'dead') AND state = 'dead'
          AND (CAST(${topic ?? null} AS TEXT) IS NULL OR topic = ${topic ?? null})
          AND (CAST(${group ?? null} AS TEXT) IS NULL OR grp = ${group ?? null})
          AND pos > ${after ?? 0} ORDER BY pos LIMIT ${limit ?? Number.MAX_SAFE_INTEGER}`,
        ),
      )
      let replayed = 0
      for (let i = 0; i < found.length; i += replayBatch) {
        replayed += await store.transaction((tx) => releaseAll(tx, found.slice(i, i + replayBatch), who))
        changed()
      }
      return { replayed, skipped: found.length - replayed }
    },

    async edit(ref, body, decision) {
      checkJson(body)
      await change(ref, decision, 'edit', async (tx, row) => {
        checkForce(row, decision, now())
        if (Number(row.uncertain) > 0 && !decision.force) {
          throw new BusError('NEEDS_FORCE', `edit ${row.id}: its effect may have happened with the old content`)
        }
        await tx.query(
          ...sql`UPDATE vestnik_inbox SET body = ${body}, edited = edited + 1 WHERE pos = ${row.pos ?? null}`,
        )
        await release(tx, row, decision.force ?? false)
      })
    },

    async drop(ref, decision) {
      await change(ref, decision, 'drop', async (tx, row) => {
        await tx.query(
          ...sql`UPDATE vestnik_inbox SET state = 'dropped', changed = ${now()}, rev = rev + 1, due = NULL,
            token = NULL, until = NULL, starts = 0, alone = 0, headers = NULL, body = NULL
          WHERE pos = ${row.pos ?? null}`,
        )
      })
    },

    sendAside: (pos, who) => changeAside(pos, who, 'send', 'new'),
    dropAside: (pos, who) => changeAside(pos, who, 'drop aside', 'dropped'),
  }

  /** The row as it is when no other transaction works on it or on its lane. */
  async function findLocked(tx: Tx, ref: Ref): Promise<Row> {
    const seen = await findWaiting(tx, sql, ref)
    if (sql.dialect === 'sqlite') return seen
    await inbox.lock(tx, toRef(seen), textOrNull(seen.lane))
    return findWaiting(tx, sql, toRef(seen))
  }

  async function release(tx: Tx, row: Row, forced: boolean): Promise<void> {
    const at = now()
    await tx.query(
      ...sql`UPDATE vestnik_inbox SET state = 'held', changed = ${at}, due = ${at}, delayed = 0,
        attempts = 0, rev = rev + 1, reason = NULL, forced = ${forced ? 1 : 0},
        token = NULL, until = NULL, starts = 0, alone = 0
      WHERE pos = ${row.pos ?? null}`,
    )
  }

  async function releaseAll(tx: Tx, found: readonly Row[], who: string): Promise<number> {
    let replayed = 0
    for (const { pos, rev } of found) {
      const row = await findLocked(tx, Number(pos))
      if (row.state !== 'dead' || row.rev !== rev || needsForce(row, now())) continue
      await release(tx, row, false)
      await record(tx, who, 'replay', nameOf(row), 'done')
      replayed += 1
    }
    return replayed
  }

  async function changeAside(pos: number, who: string, what: string, state: 'new' | 'dropped'): Promise<void> {
    await store.transaction(async (tx) => {
      if (sql.dialect === 'postgres') {
        await tx.query(...sql`SELECT 1 FROM vestnik_outbox WHERE pos = ${pos} FOR UPDATE`)
      }
      const [row] = await tx.query(...sql`SELECT id, topic, state FROM vestnik_outbox WHERE pos = ${pos}`)
      if (!row) throw new BusError('NOT_FOUND', `${what}: the outbox has no message number ${pos}`)
      if (row.state !== 'aside') throw new BusError('NOT_DEAD', `${what}: message number ${pos} is not set aside`)
      await tx.query(...sql`UPDATE vestnik_outbox SET state = ${state}, reason = NULL WHERE pos = ${pos}`)
      await record(tx, who, what, `${row.topic} ${row.id}`, 'done')
    })
    changed()
  }

  async function record(tx: Tx, who: string, what: string, on: string, result: string): Promise<void> {
    await tx.query(
      ...sql`INSERT INTO vestnik_operations (who, at, what, target, result)
      VALUES (${who}, ${now()}, ${what}, ${on}, ${result})`,
    )
  }
}

const nameOf = (row: Row) => `${row.topic} ${row.grp} ${row.source} ${row.id}`

function checkDead(row: Row, seen: number): void {
  if (row.state !== 'dead') throw new BusError('NOT_DEAD', `message ${row.id} is not a dead letter: it is ${row.state}`)
  if (Number(row.rev) === seen) return
  throw new BusError('NOT_DEAD', `message ${row.id} has changed: you saw revision ${seen}, it is ${row.rev} now`)
}

function checkForce(row: Row, { force }: Decision, now: number): void {
  const why = needsForce(row, now)
  if (why && !force) throw new BusError('NEEDS_FORCE', `replay ${row.id}: ${why}`)
}

function needsForce(row: Row, now: number): string | undefined {
  if (row.expires !== null && Number(row.expires) <= now) return 'it has expired'
  if (row.reason === 'too old to deduplicate') return 'it is too old to deduplicate: it may have taken effect already'
  return undefined
}

function checkJson(body: Uint8Array): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new BusError('INVALID_EDIT', 'edit: the new body is not one JSON document in UTF-8', { cause })
  }
}
