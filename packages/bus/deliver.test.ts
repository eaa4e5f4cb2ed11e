import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { contract } from './contract.ts'
import { BusError, permanent } from './errors.ts'
import { on } from './handler.ts'
import type { Store, Tx } from './store.ts'
import { incoming, type Note, noteContract, openByHand } from './test/by-hand.ts'

const take = async ({ n }: Note, { tx }: { readonly tx: Tx }) => {
  await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
}

test('a message that comes twice takes effect once', async () => {
  await using hand = await openByHand({ handlers: [on(noteContract(), 'reader', take)] })
  await hand.handOut({ n: 1 })
  await hand.handOut({ n: 1 })
  await hand.handOut({ n: 1 }, { redelivered: true })
  await hand.clock.advance(1_000)
  assert.deepEqual(await hand.taken(), [1])
})

test('messages of two sources with one id are two messages', async () => {
  await using hand = await openByHand({ handlers: [on(noteContract(), 'reader', take)] })
  await hand.handOut({ n: 1 }, { id: 'same' })
  const other = incoming({ n: 2 }, hand.clock.now(), { id: 'same' })
  await hand.transport.handOut('reader', { ...other, headers: { ...other.headers, 'ce-source': 'another' } })
  assert.deepEqual(await hand.taken(), [1, 2])
})

test('a handler that fails after it wrote leaves nothing but the held message', async () => {
  const failing = on(noteContract(), 'reader', async (note, context) => {
    await take(note, context)
    throw new Error('after the write')
  })
  await using hand = await openByHand({ handlers: [failing] })
  await hand.handOut({ n: 1 })
  assert.deepEqual(await hand.taken(), [])
  const [row] = await hand.rows('SELECT state, attempts, error_message FROM vestnik_inbox')
  assert.deepEqual({ ...row }, { state: 'held', attempts: 1, error_message: 'after the write' })
})

for (const code of ['COMMIT_UNKNOWN', 'COMMIT_FAILED', 'LOCK_TIMEOUT', 'TX_LOST'] as const) {
  test(`a delivery that ends in ${code} is handed back and never held`, async () => {
    const failures = { left: 1 }
    await using hand = await openByHand({
      handlers: [on(noteContract(), 'reader', take)],
      wrap: (store) => failOnce(store, code, failures),
    })
    await assert.rejects(hand.handOut({ n: 1 }), { code })
    await hand.handOut({ n: 1 }, { redelivered: true })
    await hand.clock.advance(1_000)
    assert.deepEqual(await hand.taken(), [1])
    assert.deepEqual(await hand.rows("SELECT id FROM vestnik_inbox WHERE state <> 'done'"), [])
  })
}

test('a delivery that took too long before its handler was called is handed back, and is no attempt', async () => {
  const failures = { left: 1 }
  await using hand = await openByHand({
    handlers: [on(noteContract(), 'reader', take)],
    wrap: (store) => ({
      ...store,
      transaction: (work) => store.transaction((tx) => work(tooSlowAt(/INSERT INTO vestnik_inbox/, tx, failures))),
    }),
  })
  await assert.rejects(hand.handOut({ n: 1 }), { code: 'TX_TOO_SLOW' })
  assert.deepEqual(await hand.rows('SELECT state, attempts FROM vestnik_inbox'), [])
  await hand.handOut({ n: 1 })
  assert.deepEqual(await hand.taken(), [1])
})

test('a failure that is reported after another process handled the message changes nothing', async () => {
  // The first commit is applied and reported unknown; the handler then fails for the second delivery.
  let calls = 0
  const handler = on(noteContract(), 'reader', async (note, context) => {
    calls += 1
    await take(note, context)
  })
  const failures = { left: 1 }
  await using hand = await openByHand({
    handlers: [handler],
    wrap: (store) => failOnce(store, 'COMMIT_UNKNOWN', failures),
  })
  await assert.rejects(hand.handOut({ n: 1 }))
  await hand.handOut({ n: 1 })
  assert.equal(calls, 1)
  assert.deepEqual(await hand.taken(), [1])
})

test('a message whose body cannot be used becomes a dead letter with its bytes', async () => {
  const cases = [
    { body: 'not json', reason: 'not JSON' },
    { body: '{"n":"one"}', reason: 'wrong schema' },
    { headers: { 'ce-type': 'another.type' }, reason: 'unknown type' },
    { headers: { 'ce-dataversion': '2' }, reason: 'newer version' },
    { headers: { 'ce-source': 'a\nb' }, reason: 'malformed headers' },
  ]
  await using hand = await openByHand({ handlers: [on(noteContract(), 'reader', take)] })
  for (const [i, { body, headers, reason }] of cases.entries()) {
    const good = incoming({ n: i }, hand.clock.now())
    const bytes = body === undefined ? good.body : new TextEncoder().encode(body)
    await hand.transport.handOut('reader', { ...good, body: bytes, headers: { ...good.headers, ...headers } })
    const [row] = await hand.rows('SELECT state, reason, body FROM vestnik_inbox ORDER BY pos DESC LIMIT 1')
    assert.deepEqual({ ...row, body: undefined }, { state: 'dead', reason, body: undefined })
    assert.deepEqual(row?.body, bytes)
  }
  for (const { errorClass, errorMessage, errorFrame } of await hand.bus.operations.listDead()) {
    assert.match(`${errorClass}: ${errorMessage}`, /^BusError [A-Z_]+: read note\.written: /)
    assert.equal(errorFrame, undefined, 'no code of the application threw it')
  }
  await hand.handOut({ n: 99 })
  assert.deepEqual(await hand.taken(), [99])
})

test('a message that has expired becomes a dead letter and never takes effect', async () => {
  await using hand = await openByHand({ handlers: [on(noteContract({ lifeMs: 1_000 }), 'reader', take)] })
  const late = incoming({ n: 1 }, hand.clock.now() - 1_001)
  await hand.transport.handOut('reader', late)
  assert.deepEqual(await hand.taken(), [])
  assert.deepEqual(
    (await hand.bus.operations.listDead()).map(({ reason }) => reason),
    ['expired'],
  )
})

test('what may have been forgotten by the inbox becomes a dead letter, not an effect', async () => {
  await using hand = await openByHand({ handlers: [on(noteContract(), 'reader', take)], rememberMs: 60_000 })
  const old = (n: number, redelivered: boolean) =>
    hand.transport.handOut('reader', incoming({ n }, hand.clock.now() - 61_000, { redelivered }))
  await old(1, true)
  await old(2, false)
  assert.deepEqual(await hand.taken(), [2])
  assert.deepEqual(
    (await hand.bus.operations.listDead()).map(({ reason }) => reason),
    ['too old to deduplicate'],
  )
})

test('a message behind a held one of its key waits, and no other does', async () => {
  let failing = true
  const handler = on(noteContract(), 'reader', async (note, context) => {
    if (failing && note.n === 1) throw new Error('not yet')
    await take(note, context)
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1, key: 'a' })
  await hand.handOut({ n: 2, key: 'a' })
  await hand.handOut({ n: 3, key: 'b' })
  await hand.handOut({ n: 4 })
  assert.deepEqual(await hand.taken(), [3, 4])
  failing = false
  await hand.clock.advance(2_000)
  assert.deepEqual(await hand.taken(), [3, 4, 1, 2])
})

test('a message without a key blocks nothing and is never blocked', async () => {
  const handler = on(noteContract(), 'reader', async (note, context) => {
    if (note.n === 1) throw new Error('never')
    await take(note, context)
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  await hand.handOut({ n: 2 })
  assert.deepEqual(await hand.taken(), [2])
})

test('in a group without order no key waits for another message of it', async () => {
  const unordered = noteContract({ groups: [{ name: 'reader', order: 'none' }] })
  const handler = on(unordered, 'reader', async (note, context) => {
    if (note.n === 1) throw new Error('never')
    await take(note, context)
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1, key: 'a' })
  await hand.handOut({ n: 2, key: 'a' })
  assert.deepEqual(await hand.taken(), [2])
})

test('behind a dead letter a key goes on, or waits where the contract parks it', async () => {
  for (const afterDead of ['continue', 'park'] as const) {
    const handler = on(noteContract({ afterDead }), 'reader', async (note, context) => {
      if (note.n === 1) throw permanent('never')
      await take(note, context)
    })
    await using hand = await openByHand({ handlers: [handler] })
    await hand.handOut({ n: 1, key: 'a' })
    await hand.handOut({ n: 2, key: 'a' })
    await hand.handOut({ n: 3, key: 'b' })
    await hand.clock.advance(1_000)
    assert.deepEqual(await hand.taken(), afterDead === 'park' ? [3] : [2, 3])
  }
})

test('a group that holds its limit takes no more until there is room, but for what it knows already', async () => {
  let failing = true
  const handler = on(noteContract({ retry: { attempts: 9 } }), 'reader', async (note, context) => {
    if (failing) throw new Error('down')
    await take(note, context)
  })
  await using hand = await openByHand({ handlers: [handler], heldLimit: 2 })
  await hand.handOut({ n: 1, key: 'a' })
  await hand.handOut({ n: 2, key: 'b' })
  let entered = false
  const third = hand.handOut({ n: 3, key: 'c' }).then(() => {
    entered = true
  })
  await hand.handOut({ n: 1, key: 'a' }, { redelivered: true })
  await hand.clock.advance(100)
  assert.equal(entered, false)
  failing = false
  await hand.clock.advance(60_000)
  await third
  assert.deepEqual((await hand.taken()).toSorted(), [1, 2, 3])
})

test('what is dead, parked behind it or delayed does not count against the limit', async () => {
  const handler = on(noteContract({ afterDead: 'park' }), 'reader', async (note, context) => {
    if (note.n === 1) throw permanent('never')
    await take(note, context)
  })
  await using hand = await openByHand({ handlers: [handler], heldLimit: 2 })
  for (const n of [1, 2, 3, 4]) await hand.handOut({ n, key: 'a' })
  const delayed = incoming({ n: 5 }, hand.clock.now())
  const later = { ...delayed.headers, 'ce-notbefore': new Date(hand.clock.now() + 3_600_000).toISOString() }
  for (const n of [5, 6, 7]) await hand.transport.handOut('reader', { ...delayed, id: `later-${n}`, headers: later })
  await hand.handOut({ n: 8, key: 'b' })
  assert.deepEqual(await hand.taken(), [8])
})

/** A store whose next commit that writes takes place (COMMIT_UNKNOWN) or not (all others), and is reported so. */
function failOnce(
  store: Store,
  code: 'COMMIT_UNKNOWN' | 'COMMIT_FAILED' | 'LOCK_TIMEOUT' | 'TX_LOST',
  failures: { left: number },
): Store {
  let wrote = false
  const watched = (tx: Tx): Tx => ({
    query(sql, values) {
      wrote ||= sql.includes('taken')
      return tx.query(sql, values)
    },
  })
  return {
    ...store,
    async transaction(work) {
      const result = await store.transaction(async (tx) => {
        const answer = await work(watched(tx))
        if (code !== 'COMMIT_UNKNOWN' && wrote && failures.left-- > 0) throw new BusError(code, 'made to fail')
        return answer
      })
      if (code === 'COMMIT_UNKNOWN' && wrote && failures.left-- > 0) throw new BusError(code, 'made to fail')
      return result
    },
  }
}

test('what a handler publishes commits with its effect, awaited or not, and goes with its failure', async () => {
  const echo = echoContract()
  let failing = true
  const handler = on(noteContract(), 'reader', async ({ n }, { tx, publish }) => {
    void publish(echo, { n })
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
    if (failing) throw new Error('not yet')
  })
  await using hand = await openByHand({ handlers: [handler], publishes: [echo] })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(300)
  assert.equal(hand.transport.batches.length, 0)
  failing = false
  await hand.clock.advance(5_000)
  assert.deepEqual(
    hand.transport.batches.map((batch) => batch.map(({ topic }) => topic)),
    [['note.echoed']],
  )
  assert.deepEqual(await hand.taken(), [1])
})

test('a publish that fails fails the handler that did not wait for it', async () => {
  const notes = noteContract()
  const handler = on(notes, 'reader', (_, { publish }) => {
    void publish(notes, { n: 0.5 })
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  assert.deepEqual(
    (await hand.bus.operations.listDead()).map(({ errorClass }) => errorClass),
    ['BusError INVALID_PAYLOAD'],
  )
})

const echoContract = () => contract('note.echoed', { schema: z.object({ n: z.int() }) })

/** A transaction that is over its time when it comes to a statement. */
function tooSlowAt(statement: RegExp, tx: Tx, failures: { left: number }): Tx {
  return {
    async query(sql, values) {
      if (statement.test(sql) && failures.left-- > 0) throw new BusError('TX_TOO_SLOW', 'made to be slow')
      return tx.query(sql, values)
    },
  }
}
