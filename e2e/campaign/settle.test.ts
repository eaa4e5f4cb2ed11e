/** A campaign looks until nothing is late, and once more for what comes twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands, found } from './account.fixture.ts'
import { type Account, accountOf, isClean } from './account.ts'
import type { Found } from './found.ts'
import { settle } from './settle.ts'

const there = accountOf(commands, found)
const late = accountWith({ logins: [] })
const doubled = accountWith({ logins: [...found.logins, ...found.logins] })

function accountWith(books: Partial<Found>): Account {
  return accountOf(commands, { ...found, ...books })
}

/** What it ends with when it sees these in turn, the last one for ever, and how often it looked. */
async function settled(...seen: readonly (Account | Error)[]): Promise<{ account: Account; looks: number }> {
  let looks = 0
  const look = async () => {
    const one = seen[Math.min(looks, seen.length - 1)]
    looks += 1
    if (one === undefined || one instanceof Error) throw one
    return one
  }
  const signal = new AbortController().signal
  const { account } = await settle({ look, patienceMs: 100, lookMs: 1, quietMs: 1, say: () => {}, signal })
  return { account, looks }
}

test('where nothing is late it looks once more, and no further', async () => {
  assert.deepEqual(await settled(there), { account: there, looks: 2 })
})

test('a double that comes late is seen', async () => {
  const { account } = await settled(there, doubled)
  assert.equal(account, doubled)
  assert.equal(isClean(account), false)
})

test('what is late is waited for, also when it begins to be late at the last look', async () => {
  assert.deepEqual(await settled(late, late, there), { account: there, looks: 4 })
  assert.deepEqual(await settled(there, late, there), { account: there, looks: 4 })
})

test('what does not come while nothing moves is lost', async () => {
  const { account } = await settled(late)
  assert.equal(account, late)
})

test('a book that is closed for a while is looked into again', async () => {
  assert.equal((await settled(new Error('closed'), there)).account, there)
})
