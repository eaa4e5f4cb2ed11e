/** After a kill test: all comes to rest by itself, what died is replayed, and the account is drawn. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { until } from '../until.ts'
import { type Account, accountOf } from './account.ts'
import type { Fleet } from './fleet.ts'
import { placesIn } from './orders.ts'

const patienceMs = 60_000

/** Starts what works off the rest, without any kill, and ends it in good order. */
export async function settle(fleet: Fleet): Promise<Account> {
  writeFileSync(placesIn(fleet.folder).mended, '')
  const members = [
    fleet.start('producer', { quiet: true }),
    fleet.start('consumer'),
    fleet.start('consumer'),
    fleet.start('operator'),
  ]
  await Promise.all(members.map(({ ready }) => ready))
  let account = accountOf(fleet.folder)
  const atRest = () => {
    account = accountOf(fleet.folder)
    return account.unsent === 0 && account.held === 0 && account.dead === 0 && account.lost.length === 0
  }
  // What is lost never comes: then the account says it, not the wait.
  await until('all is at rest', atRest, patienceMs).catch(() => {})
  const ends = await Promise.all(members.map((member) => member.end().then(() => member.ended)))
  assert.deepEqual(ends, ['0', '0', '0', '0'])
  const last = accountOf(fleet.folder)
  const { unsent, held, dead } = last
  assert.deepEqual({ unsent, held, dead }, { unsent: 0, held: 0, dead: 0 }, 'nothing waits any more')
  return last
}
