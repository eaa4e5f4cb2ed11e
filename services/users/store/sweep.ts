/** What has ended is deleted, in steps that keep no other transaction waiting for long. */
import type { Store, Tx } from '@vestnik/bus'
import { inSteps, sweepTable, sweptAtOnce } from '@vestnik/service'

const dayMs = 24 * 3_600_000

/** An address that nobody confirmed is free again after this time. */
export const unconfirmedLifeMs: number = dayMs
/** A source from which nobody was let in for this time is a stranger's again. */
export const sourceLifeMs: number = 90 * dayMs

export async function sweepAccounts(store: Store, nowMs: number): Promise<void> {
  await inSteps(store, (tx) => deleteTokens(tx, nowMs))
  await sweepTable(store, 'known_sources', 'seen_at', nowMs - sourceLifeMs)
  await inSteps(store, (tx) => deleteUnconfirmed(tx, nowMs - unconfirmedLifeMs))
}

/** A session goes with the last of its tokens. */
async function deleteTokens(tx: Tx, nowMs: number): Promise<number> {
  const gone = await tx.query(
    `DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE expires_at <= ? LIMIT ${sweptAtOnce})
     RETURNING session_id`,
    [nowMs],
  )
  for (const id of new Set(gone.map((row) => String(row.session_id)))) {
    await tx.query(
      'DELETE FROM sessions WHERE id = ? AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE session_id = sessions.id)',
      [id],
    )
  }
  return gone.length
}

async function deleteUnconfirmed(tx: Tx, beforeMs: number): Promise<number> {
  const gone = await tx.query(
    // Another instance may confirm one meanwhile: what it was is asked again of each.
    `DELETE FROM users WHERE email_confirmed = 0 AND id IN (
       SELECT id FROM users WHERE email_confirmed = 0 AND created_at <= ?
       AND NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = users.id)
       AND NOT EXISTS (SELECT 1 FROM known_sources WHERE user_id = users.id) LIMIT ${sweptAtOnce})
     RETURNING id`,
    [beforeMs],
  )
  return gone.length
}
