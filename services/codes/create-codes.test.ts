/** The rules of one-time codes: five tries, ten minutes, one use, one binding, so many mails. */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { Bus, Store, Tx } from '@vestnik/bus'
import { codeLifeMs } from '@vestnik/contracts'
import { migrate, type ServiceStore } from '@vestnik/service'
import { openTestStore } from '../../tools/databases/test-store.ts'
import type { CodeBinding } from './codes.ts'
import { type CodesOptions, createCodes } from './create-codes.ts'
import { standardMailLimits } from './mail-limits.ts'
import { codeMigrations } from './migrations.ts'

const binding: CodeBinding = { purpose: 'rent-film', subject: '7' }
const email = 'anna@example.org'

interface Mail {
  readonly email: string
  readonly code: string
  readonly expires: number | undefined
}

async function open(t: { after(work: () => Promise<void>): void }, options: Partial<CodesOptions> = {}) {
  const store = await openTestStore()
  t.after(() => store.close())
  await migrate(store, 'codes', codeMigrations)
  const mails: Mail[] = []
  const clock = { ms: Date.UTC(2026, 0, 17) }
  const publish = (async (_tx, _contract, payload: object, { expires } = {}) => {
    mails.push({ ...(payload as Omit<Mail, 'expires'>), expires })
    return ''
  }) as Bus['publish']
  const codes = createCodes({
    hmacKey: Buffer.alloc(32, 7),
    seal: async (digits) => digits,
    publish,
    now: () => clock.ms,
    limits: standardMailLimits,
    ...options,
  })
  async function issue(to: string = email, bound: CodeBinding = binding) {
    const code = await codes.prepare(to)
    const outcome = await store.transaction((tx) => codes.issue(tx, code, bound, to))
    return { outcome, digits: code.digits }
  }
  const redeem = (digits: string, bound: CodeBinding = binding) =>
    store.transaction((tx) => codes.redeem(tx, bound, digits))
  return { store, codes, clock, mails, issue, redeem }
}

const wrong = (digits: string): string => String((Number(digits) + 1) % 1_000_000).padStart(6, '0')

const rowsOf = async (store: ServiceStore, table: string) =>
  await store.read((tx) => tx.query(`SELECT * FROM ${table}`, []))

test('a code is six digits, is mailed with the end of its life, and is right once', async (t) => {
  const { issue, redeem, mails, clock } = await open(t)
  const { digits } = await issue()
  assert.match(digits, /^[0-9]{6}$/)
  assert.deepEqual(mails, [{ email, code: digits, expires: clock.ms + codeLifeMs }])
  assert.equal(await redeem(digits), true)
  assert.equal(await redeem(digits), false)
})

test('codes are spread over all six-digit numbers, those that begin with zeros as well', async (t) => {
  const { codes } = await open(t)
  const buckets = new Array<number>(10).fill(0)
  for (let i = 0; i < 5000; i += 1) {
    const first = Number((await codes.prepare(email)).digits[0])
    buckets[first] = (buckets[first] ?? 0) + 1
  }
  // 500 each; six standard deviations are 127.
  assert.ok(
    buckets.every((count) => Math.abs(count - 500) < 127),
    String(buckets),
  )
})

test('the fifth try may succeed', async (t) => {
  const { issue, redeem } = await open(t)
  const { digits } = await issue()
  for (let i = 0; i < 4; i += 1) assert.equal(await redeem(wrong(digits)), false)
  assert.equal(await redeem(digits), true)
})

test('the sixth try never succeeds, also without limits of rates', async (t) => {
  const { issue, redeem } = await open(t, { limits: undefined })
  const { digits } = await issue()
  for (let i = 0; i < 5; i += 1) assert.equal(await redeem(wrong(digits)), false)
  assert.equal(await redeem(digits), false)
})

test('of a thousand guesses at once five are compared', async (t) => {
  const { store, issue, redeem } = await open(t)
  const { digits } = await issue()
  // The right one comes at every place but the first five.
  const guesses = Array.from({ length: 1000 }, (_, i) => (i < 5 ? wrong(digits) : digits))
  const answers = await Promise.all(guesses.map((guess) => redeem(guess)))
  assert.deepEqual(
    answers.filter((right) => right),
    [],
  )
  assert.equal((await rowsOf(store, 'one_time_codes'))[0]?.tries, 5)
})

test('of a thousand right ones at once one is taken', async (t) => {
  const { issue, redeem } = await open(t)
  const { digits } = await issue()
  const answers = await Promise.all(Array.from({ length: 1000 }, () => redeem(digits)))
  assert.equal(answers.filter((right) => right).length, 1)
})

test('a code ends after ten minutes, and is gone from the database at the next sweep', async (t) => {
  const { store, codes, clock, issue, redeem } = await open(t)
  const last = await issue()
  clock.ms += codeLifeMs - 1
  assert.equal(await redeem(last.digits), true)
  const late = await issue()
  clock.ms += codeLifeMs
  assert.equal(await redeem(late.digits), false)
  await codes.sweep(store)
  assert.deepEqual(await rowsOf(store, 'one_time_codes'), [])
})

test('a sweep ends however much has ended, each step in a transaction of its own', async (t) => {
  const { store, codes, clock } = await open(t)
  const rows = Array.from({ length: 1_201 }, (_, i) => `('subject ${i}', ${clock.ms - 1})`).join(', ')
  await store.transaction(async (tx) => {
    await tx.query(`INSERT INTO code_mail_turns (address, at) VALUES ${rows}`, [])
    await tx.query(`INSERT INTO code_mails (address, at) VALUES ${rows}`, [])
  })
  let works = 0
  const counting: Store = {
    ...store,
    transaction(work) {
      works += 1
      return store.transaction(work)
    },
  }
  await codes.sweep(counting)
  assert.equal((await rowsOf(store, 'code_mails')).length, 1_201)
  clock.ms += 24 * 3_600_000
  works = 0
  await codes.sweep(counting)
  assert.deepEqual(await rowsOf(store, 'code_mails'), [])
  assert.deepEqual(await rowsOf(store, 'code_mail_turns'), [])
  assert.equal(works, 7)
})

test('a used code is gone from the database at once', async (t) => {
  const { store, issue, redeem } = await open(t)
  await redeem((await issue()).digits)
  assert.deepEqual(await rowsOf(store, 'one_time_codes'), [])
})

test('a new code ends the old one, and has five tries of its own', async (t) => {
  const { issue, redeem } = await open(t)
  const old = await issue()
  for (let i = 0; i < 4; i += 1) await redeem(wrong(old.digits))
  let fresh = await issue()
  while (fresh.digits === old.digits) fresh = await issue()
  assert.equal(await redeem(old.digits), false)
  for (let i = 0; i < 3; i += 1) await redeem(wrong(fresh.digits))
  assert.equal(await redeem(fresh.digits), true)
})

const others: readonly CodeBinding[] = [
  { purpose: 'rent-film', subject: '8' },
  { purpose: 'reset-password', subject: '7' },
  { purpose: 'rent-film","7', subject: '' },
]

for (const other of others) {
  test(`a code does not fit ${JSON.stringify(other)}, and is not spent there`, async (t) => {
    const { issue, redeem, store } = await open(t)
    const { digits } = await issue()
    assert.equal(await redeem(digits, other), false)
    // Not even a stolen row fits another binding.
    await store.transaction((tx) =>
      tx.query('UPDATE one_time_codes SET purpose = ?, subject = ?', [other.purpose, other.subject]),
    )
    assert.equal(await redeem(digits, other), false)
  })
}

test('a revoked code is never right', async (t) => {
  const { store, codes, issue, redeem } = await open(t)
  const { digits } = await issue()
  await store.transaction((tx) => codes.revoke(tx, binding))
  assert.equal(await redeem(digits), false)
})

test('the database holds a hash under a key that is not in it', async (t) => {
  const { store, issue } = await open(t)
  const { digits } = await issue()
  const [row] = await rowsOf(store, 'one_time_codes')
  assert.ok(row?.hmac instanceof Uint8Array && row.hmac.length === 32)
  assert.ok(!JSON.stringify(Object.values(row)).includes(digits))
  const text = JSON.stringify([binding.purpose, binding.subject, digits])
  assert.notDeepEqual(Buffer.from(row.hmac), createHash('sha256').update(text).digest())
  assert.deepEqual(Buffer.from(row.hmac), createHmac('sha256', Buffer.alloc(32, 7)).update(text).digest())
})

test('an address gets five mails an hour, and the last code stays good when a sixth is asked for', async (t) => {
  const { issue, redeem, mails, clock } = await open(t)
  let digits = ''
  for (let i = 0; i < 5; i += 1) digits = (await issue()).digits
  assert.equal((await issue()).outcome, 'limited')
  assert.equal(mails.length, 5)
  assert.equal((await issue('boris@example.org', { ...binding, subject: '8' })).outcome, 'sent')
  assert.equal(await redeem(digits), true)
  clock.ms += 3_600_000
  assert.equal((await issue()).outcome, 'sent')
})

test('an address gets twenty mails a day', async (t) => {
  const { store, codes, issue, mails, clock } = await open(t)
  for (let hour = 0; hour < 10; hour += 1) {
    for (let i = 0; i < 5; i += 1) await issue()
    clock.ms += 3_600_000
    await codes.sweep(store)
  }
  assert.equal(mails.length, 20)
  clock.ms += 24 * 3_600_000
  await codes.sweep(store)
  assert.deepEqual(await rowsOf(store, 'code_mails'), [])
  assert.equal((await issue()).outcome, 'sent')
})

test('all addresses together get so many mails an hour', async (t) => {
  const { issue, mails } = await open(t, { limits: { ...standardMailLimits, perHour: 3 } })
  for (let i = 0; i < 5; i += 1) await issue(`user${i}@example.org`, { ...binding, subject: String(i) })
  assert.equal(mails.length, 3)
})

test('a hundred requests at once get an address five mails', async (t) => {
  const { issue, mails } = await open(t)
  await Promise.all(Array.from({ length: 100 }, () => issue()))
  assert.equal(mails.length, 5)
})

test('without limits as many mails go as are asked for', async (t) => {
  const { issue, mails } = await open(t, { limits: undefined })
  for (let i = 0; i < 30; i += 1) assert.equal((await issue()).outcome, 'sent')
  assert.equal(mails.length, 30)
})

test('what is done for nobody writes as well, sends nothing, and can never be redeemed', async (t) => {
  const { store, codes, redeem, mails } = await open(t)
  const code = await codes.prepare(email)
  await store.transaction((tx) => codes.pretend(tx, code))
  for (const bound of [binding, { purpose: '', subject: '' }]) assert.equal(await redeem(code.digits, bound), false)
  assert.deepEqual(mails, [])
  const misses = await rowsOf(store, 'code_misses')
  assert.equal(
    misses.reduce((sum, { count }) => sum + Number(count), 0),
    2,
  )
})

test('what is done for nobody, and what exceeds a limit, uses up no share of mails', async (t) => {
  const { store, codes, issue, mails } = await open(t, { limits: { ...standardMailLimits, perHour: 7 } })
  for (let i = 0; i < 20; i += 1) {
    const code = await codes.prepare(email)
    await store.transaction((tx) => codes.pretend(tx, code))
    await issue()
  }
  assert.equal(mails.length, 5)
  const other = { ...binding, subject: '8' }
  assert.equal((await issue('boris@example.org', other)).outcome, 'sent')
  assert.equal((await issue('boris@example.org', other)).outcome, 'sent')
})

test('a mail that is not sent costs as many statements as one that is, but for the message', async (t) => {
  const { store, codes } = await open(t, { limits: { ...standardMailLimits, perAddressAndHour: 1 } })
  const code = await codes.prepare(email)
  const counted = async (work: (tx: Tx) => Promise<unknown>): Promise<number> => {
    let statements = 0
    await store.transaction(async (tx) => {
      statements = 0
      await work({
        query(sql, values) {
          statements += 1
          return tx.query(sql, values)
        },
      })
    })
    return statements
  }
  const sent = await counted((tx) => codes.issue(tx, code, binding, email))
  const limited = await counted((tx) => codes.issue(tx, code, binding, email))
  const pretended = await counted((tx) => codes.pretend(tx, code))
  assert.deepEqual([limited, pretended], [sent, sent])
})
