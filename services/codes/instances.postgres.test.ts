/** The limits of codes hold for all instances of a service together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate } from '@vestnik/service'
import { openTwo, overlap } from '../../tools/databases/test-store.ts'
import { codeTries, createCodes } from './create-codes.ts'
import { standardMailLimits } from './mail-limits.ts'
import { codeMigrations } from './migrations.ts'

const email = 'anna@example.org'

async function open() {
  const both = await openTwo()
  for (const store of both) await migrate(store, 'codes', codeMigrations)
  const codes = createCodes({
    hmacKey: Buffer.alloc(32, 7),
    seal: async (digits) => digits,
    publish: async () => '',
    now: Date.now,
    limits: standardMailLimits,
  })
  /** So often at each of the two, all at once. */
  const atBoth = <R>(times: number, work: (store: (typeof both)[0], n: number) => Promise<R>): Promise<R[]> =>
    Promise.all(Array.from({ length: times }, (_, n) => both.map((store) => work(store, n))).flat())
  return { both, codes, atBoth }
}

test('an address is mailed its share of codes, whichever instance is asked', { timeout: 60_000 }, async () => {
  const { both, codes, atBoth } = await open()
  await using _both = both
  const outcomes = await atBoth(15, async (store, n) => {
    const code = await codes.prepare(email)
    return store.transaction((tx) => codes.issue(tx, code, { purpose: 'rent-film', subject: `${n}` }, email))
  })
  assert.equal(outcomes.filter((outcome) => outcome === 'sent').length, standardMailLimits.perAddressAndHour)
})

test('a mail that another instance counts just now is counted before the next one', { timeout: 60_000 }, async () => {
  const { both, codes } = await open()
  await using _both = both
  const issue = async (store: (typeof both)[0]) => {
    const code = await codes.prepare(email)
    return store.transaction((tx) => codes.issue(tx, code, { purpose: 'rent-film', subject: code.digits }, email))
  }
  for (let mails = 1; mails < standardMailLimits.perAddressAndHour; mails += 1) await issue(both[1])
  assert.deepEqual(await overlap(both, issue, issue), ['sent', 'limited'])
})

test('a code can be tried five times and used once, at all instances together', { timeout: 60_000 }, async () => {
  const { both, codes, atBoth } = await open()
  await using _both = both
  const issue = async (subject: string) => {
    const code = await codes.prepare(email)
    await both[0].transaction((tx) => codes.issue(tx, code, { purpose: 'rent-film', subject }, email))
    return code.digits
  }
  const redeem = (store: (typeof both)[0], subject: string, digits: string) =>
    store.transaction((tx) => codes.redeem(tx, { purpose: 'rent-film', subject }, digits))

  const used = await issue('1')
  const right = await atBoth(2, (store) => redeem(store, '1', used))
  assert.equal(right.filter(Boolean).length, 1)

  const guessed = await issue('2')
  const other = guessed === '000000' ? '111111' : '000000'
  await atBoth(codeTries, (store) => redeem(store, '2', other))
  assert.equal(await redeem(both[1], '2', guessed), false)
})
