/** After a kill test: all comes to rest by itself, what died is replayed, and the account is drawn. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, accountOf } from './account.ts'
import type { Fleet } from './fleet.ts'
import { placesIn } from './orders.ts'

/** How long the account may stay as it is before nobody expects any more of it: longer than any claim or lease. */
const stillMs = 30_000
const mostMs = 150_000
/** Drawing the account takes processor time from those who work. */
const lookMs = 500

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
  const given = await restOrStandstill(fleet.folder)
  const ends = await Promise.all(members.map((member) => member.end().then(() => member.ended)))
  assert.deepEqual(ends, ['0', '0', '0', '0'])
  const last = accountOf(fleet.folder)
  const { unsent, held, dead } = last
  assert.deepEqual({ unsent, held, dead }, { unsent: 0, held: 0, dead: 0 }, `nothing waits any more; ${given}`)
  return last
}

/** Resolves with why it waits no longer. What is lost never comes: then the account says it, not the wait. */
async function restOrStandstill(folder: string): Promise<string> {
  const began = performance.now()
  let account = accountOf(folder)
  for (let changed = began; ; ) {
    const { unsent, held, dead, lost } = account
    const now = performance.now()
    if (unsent === 0 && held === 0 && dead === 0 && lost.length === 0) return 'all was at rest'
    if (now - changed > stillMs) return `nothing changed for ${stillMs} ms`
    if (now - began > mostMs) return `it still went on after ${mostMs} ms`
    await sleep(lookMs)
    const next = accountOf(folder)
    if (progressOf(next) !== progressOf(account)) changed = performance.now()
    account = next
  }
}

const progressOf = ({ unsent, held, dead, booked, acts }: Account) => [unsent, held, dead, booked, acts].join()
