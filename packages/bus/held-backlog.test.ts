/** Many held messages: claimed together, in few transactions, and still each in its turn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from './errors.ts'
import { effect, on } from './handler.ts'
import { inboxFor } from './inbox.ts'
import { sqlFor } from './sql.ts'
import type { Store } from './store.ts'
import { type ByHand, noteContract, openByHand, openMemory } from './test/by-hand.ts'

const retry = { attempts: 9, firstDelayMs: 1_000, maxDelayMs: 1_000 }

test('what queued behind a held message is claimed in few transactions, and each start is counted before it runs', async () => {
  let failing = true
  const starts: unknown[] = []
  const { store, clock } = await openMemory()
  let transactions = 0
  const handler = on(noteContract({ retry }), 'reader', async ({ n }, { tx, message }) => {
    if (failing) throw new Error('not yet')
    const [row] = await tx.query('SELECT starts FROM vestnik_inbox WHERE id = ?', [message.id])
    starts.push(row?.starts)
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  const wrap = () => ({
    ...store,
    transaction: (...works: Parameters<typeof store.transaction>) => {
      transactions += 1
      return store.transaction(...works)
    },
  })
  await using hand = await openByHand({ store, clock, wrap: wrap as () => typeof store, handlers: [handler] })
  await handOutAll(hand, 100, 'a')
  failing = false
  transactions = 0
  await clock.advance(3_000)
  assert.deepEqual(await hand.taken(), numbers(100))
  assert.deepEqual(new Set(starts), new Set([1]))
  assert.ok(transactions < 110, `${transactions} transactions for 100 messages`)
})

test('one that fails keeps back those that were claimed with it, and costs them no attempt', async () => {
  const attempts: string[] = []
  const handler = on(noteContract({ retry }), 'reader', async ({ n }, { tx, message }) => {
    attempts.push(`${n}/${message.attempt}`)
    if ((n === 0 || n === 2) && message.attempt === 1) throw new Error('not yet')
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  await using hand = await openByHand({ handlers: [handler] })
  await handOutAll(hand, 5, 'a')
  await hand.clock.advance(1_200)
  assert.deepEqual(await hand.taken(), [0, 1], 'none behind the third ran')
  const left = await hand.rows("SELECT starts, until FROM vestnik_inbox WHERE state = 'held'")
  assert.deepEqual(
    left.map((row) => ({ ...row })),
    Array.from({ length: 3 }, () => ({ starts: 0, until: null })),
  )
  await hand.clock.advance(3_000)
  assert.deepEqual(attempts, ['0/1', '0/2', '1/1', '2/1', '2/2', '3/1', '4/1'])
})

/** How a store answers for a transaction that took place, by what it came to and how many had ended well before. */
type Spoil = (outcome: unknown, done: number) => Error | undefined

const spoilt: Readonly<Record<string, Spoil>> = {
  // The sixteenth is the last of those that were claimed together, and claims what is behind them.
  'whose commit is in doubt': (outcome, done) =>
    outcome === 'done' && done === 15 ? new BusError('COMMIT_UNKNOWN', 'by the test') : undefined,
  'whose end fails': (outcome, done) =>
    (outcome === 'done' && done === 0) || outcome === 'gone' ? new Error('by the test') : undefined,
}

for (const [what, spoil] of Object.entries(spoilt)) {
  test(`behind a message ${what} the lane goes on before the claims are over`, async () => {
    let failing = true
    let done = 0
    const { store, clock } = await openMemory()
    const wrap = (own: Store): Store => ({
      ...own,
      async transaction(work) {
        const outcome = await own.transaction(work)
        const error = failing ? undefined : spoil(outcome, done)
        if (outcome === 'done') done += 1
        if (error) throw error
        return outcome
      },
    })
    const handler = on(noteContract({ retry }), 'reader', async ({ n }, { tx }) => {
      if (failing) throw new Error('not yet')
      await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
    })
    await using hand = await openByHand({ store, clock, wrap, handlers: [handler] })
    await handOutAll(hand, 40, 'a')
    failing = false
    await clock.advance(3_000)
    assert.deepEqual(await hand.taken(), numbers(40))
  })
}

test('a message whose start ended without a word takes no other with it', async () => {
  let failing = true
  const claimed: string[] = []
  const handler = on(noteContract({ retry }), 'reader', async ({ n }, { tx }) => {
    if (failing) throw new Error('not yet')
    const rows = await tx.query('SELECT id FROM vestnik_inbox WHERE until IS NOT NULL ORDER BY pos', [])
    claimed.push(`${n}: ${rows.map(({ id }) => String(id).slice(5)).join(' ')}`)
  })
  await using hand = await openByHand({ handlers: [handler] })
  await handOutAll(hand, 5, 'a')
  await hand.store.transaction((tx) =>
    tx.query("UPDATE vestnik_inbox SET starts = 1, token = 'of a dead process' WHERE id = 'note-2'", []),
  )
  failing = false
  await hand.clock.advance(3_000)
  assert.deepEqual(claimed, ['0: 0 1', '1: 1', '2: 2', '3: 3 4', '4: 4'])
})

test('each effect is claimed by itself, when the one before it has ended', async () => {
  const acts: number[] = []
  const claims: number[] = []
  const handler = effect(noteContract(), 'reader', async ({ n }) => {
    acts.push(n)
    claims.push((await hand.rows('SELECT 1 FROM vestnik_inbox WHERE until IS NOT NULL')).length)
  })
  await using hand = await openByHand({ handlers: [handler] })
  await Promise.all(numbers(20).map((n) => hand.handOut({ n, key: 'a' })))
  await hand.clock.advance(1_000)
  assert.deepEqual(acts, numbers(20))
  assert.deepEqual(new Set(claims), new Set([1]))
})

test('a long lane gives way to a message that must run alone', async () => {
  const acts: string[] = []
  const { store, clock } = await openMemory()
  const handler = effect(noteContract(), 'reader', async ({ n, key }) => {
    acts.push(`${key}${n}`)
    await clock.sleep(50)
  })
  await using hand = await openByHand({ store, clock, handlers: [handler] })
  for (const n of numbers(30)) await hand.handOut({ n, key: 'a' })
  await hand.store.transaction((tx) =>
    tx.query(
      `INSERT INTO vestnik_inbox (topic, grp, source, id, state, changed, lane, key, due, headers, body, published, starts)
      SELECT topic, grp, source, 'suspect', 'held', changed, 'b', 'b', due, headers, ?, published, 2
      FROM vestnik_inbox WHERE id = 'note-29'`,
      [new TextEncoder().encode('{"n":99,"key":"b"}')],
    ),
  )
  await clock.advance(5_000)
  assert.equal(acts.length, 31)
  assert.ok(acts.indexOf('b99') < 10, acts.join(' '))
})

test('a long lane leaves its place to other lanes after a while', async () => {
  const acts: string[] = []
  const { store, clock } = await openMemory()
  const contract = noteContract({ groups: [{ name: 'reader', concurrency: 1 }] })
  const handler = effect(contract, 'reader', async ({ n, key }) => {
    acts.push(`${key}${n}`)
    await clock.sleep(100)
  })
  await using hand = await openByHand({ store, clock, handlers: [handler] })
  for (const n of numbers(50)) await hand.handOut({ n, key: 'a' })
  await hand.handOut({ n: 50, key: 'b' })
  await clock.advance(20_000)
  assert.equal(acts.length, 51)
  assert.ok(acts.indexOf('b50') < 20, acts.join(' '))
})

test('ten thousand messages of one key are counted and claimed without reading each of them again and again', async () => {
  const { store } = await openMemory()
  await using hand = await openByHand({ store, handlers: [] })
  await store.transaction((tx) =>
    tx.query(
      `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
      INSERT INTO vestnik_inbox (topic, grp, source, id, state, changed, lane, due)
      SELECT 'note.written', 'reader', 'writer', 'note-' || n, 'held', 0, 'a', 0 FROM n`,
      [],
    ),
  )
  const inbox = inboxFor(sqlFor(hand.store.dialect))
  const place = { topic: 'note.written', group: 'reader' }
  const before = process.cpuUsage()
  assert.equal(await store.read((tx) => inbox.countHeld(tx, place)), 10_000)
  for (let i = 0; i < 200; i += 1) await store.read((tx) => inbox.laneClaimed(tx, place, 'a', 1))
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms of processor time`)
  await store.close()
})

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** Hands them out one after another, so that the later ones find the first held. */
async function handOutAll(hand: ByHand, count: number, key: string): Promise<void> {
  for (const n of numbers(count)) await hand.handOut({ n, key })
}
