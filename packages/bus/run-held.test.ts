import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestClock } from '@vestnik/testing'
import { BusError, permanent, uncertain } from './errors.ts'
import { effect, on } from './handler.ts'
import type { Store, Tx } from './store.ts'
import { type ByHandOptions, noteContract, openByHand, openMemory } from './test/by-hand.ts'

const claimMs = 1_000

test('a failed message is tried again at its time, and takes effect once', async () => {
  let left = 1
  const handler = on(noteContract(), 'reader', async ({ n }, { tx, message }) => {
    if (left-- > 0) throw new Error('not yet')
    assert.equal(message.attempt, 2)
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(400)
  assert.deepEqual(await hand.taken(), [])
  await hand.clock.advance(1_000)
  assert.deepEqual(await hand.taken(), [1])
})

test('a message that fails each time becomes a dead letter that says what happened', async () => {
  const handler = on(noteContract(), 'reader', async () => {
    throw new TypeError('the film is unknown')
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1, key: 'a' })
  await hand.clock.advance(5_000)
  const [letter] = await hand.bus.operations.listDead()
  assert.ok(letter)
  const { reason, errorClass, errorMessage, attempts, key, origin } = letter
  assert.deepEqual(
    { reason, errorClass, errorMessage, attempts, key, origin },
    {
      reason: '2 attempts failed',
      errorClass: 'TypeError',
      errorMessage: 'the film is unknown',
      attempts: 2,
      key: 'a',
      origin: 'hand:note.written@1',
    },
  )
  assert.match(letter.errorFrame ?? '', /run-held\.test\.ts/)
})

test('thousands of messages behind a held one do not keep another key waiting', async () => {
  let failing = true
  const handler = on(noteContract({ retry: { attempts: 50 } }), 'reader', async ({ n }, { tx }) => {
    if (failing && (n === 0 || n === 5_000)) throw new Error('not yet')
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  await using hand = await openByHand({ handlers: [handler] })
  for (let n = 0; n < 2_000; n += 1) await hand.handOut({ n, key: 'a' })
  await hand.rows('SELECT 1')
  await hand.handOut({ n: 5_000, key: 'b' })
  // Only the head of b is mended: the rows of a, all due and earlier, must not be in its way.
  failing = false
  await hand.store.transaction((tx) => tx.query("UPDATE vestnik_inbox SET due = due + 60000 WHERE id = 'note-0'", []))
  await hand.clock.advance(2_000)
  assert.deepEqual(await hand.taken(), [5_000])
})

test('an effect gets the same key for each repeat of it, and the repeat is counted', async () => {
  const keys: string[] = []
  let left = 1
  const handler = effect(noteContract(), 'reader', (_, { idempotencyKey }) => {
    keys.push(idempotencyKey)
    if (left-- > 0) throw uncertain('the connection broke after the last byte')
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(5_000)
  assert.equal(keys.length, 2)
  assert.equal(keys[0], keys[1])
  const [row] = await hand.rows('SELECT state, uncertain FROM vestnik_inbox')
  assert.deepEqual({ ...row }, { state: 'done', uncertain: 1 })
})

test('where the contract says so, an effect that may have happened waits for a person', async () => {
  const handler = effect(noteContract({ uncertain: 'dead' }), 'reader', () => {
    throw uncertain('the connection broke after the last byte')
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(5_000)
  assert.deepEqual(
    (await hand.bus.operations.listDead()).map(({ reason, uncertain }) => ({ reason, uncertain })),
    [{ reason: 'uncertain', uncertain: 1 }],
  )
})

test('a doubt is never forgotten: not by a replay, not by success', async () => {
  let left = 1
  const handler = effect(noteContract({ uncertain: 'dead' }), 'reader', () => {
    if (left-- > 0) throw uncertain('the connection broke')
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(1_000)
  const [letter] = await hand.bus.operations.listDead()
  assert.ok(letter)
  await hand.bus.operations.replay(letter, { who: 'test', revision: letter.revision })
  await hand.clock.advance(1_000)
  const [row] = await hand.rows('SELECT state, uncertain FROM vestnik_inbox')
  assert.deepEqual({ ...row }, { state: 'done', uncertain: 1 })
})

test('an effect that outlives its claim is repeated by another process, counted, and its late end changes nothing', async () => {
  await using two = await openTwo((clock, name, acts) =>
    effect(
      noteContract(),
      'reader',
      async () => {
        acts.push(name)
        if (name === 'first') await clock.sleep(claimMs * 3)
      },
      { claimMs },
    ),
  )
  await two.first.handOut({ n: 1 })
  await two.clock.advance(claimMs * 10)
  assert.deepEqual(two.acts.toSorted(), ['first', 'second'])
  const [row] = await two.first.rows('SELECT state, uncertain, rev FROM vestnik_inbox')
  assert.deepEqual({ ...row }, { state: 'done', uncertain: 1, rev: 1 })
})

test('an effect that happened is marked as done, however often the machine is too slow for the mark', async () => {
  let acts = 0
  let refusals = 3
  const handler = effect(noteContract(), 'reader', () => void acts++, { claimMs })
  const wrap = (store: Store): Store => ({
    ...store,
    async transaction(work) {
      if (acts === 0 || refusals === 0) return store.transaction(work)
      refusals -= 1
      throw new BusError('TX_TOO_SLOW', 'the work took longer than 1 s')
    },
  })
  await using hand = await openByHand({ handlers: [handler], wrap })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(claimMs * 5)
  assert.equal(refusals, 0)
  assert.equal(acts, 1)
  const [row] = await hand.rows('SELECT state, uncertain FROM vestnik_inbox')
  assert.deepEqual({ ...row }, { state: 'done', uncertain: 0 })
})

test('a signal tells an effect that its claim is over', async () => {
  let told = -1
  const { store, clock } = await openMemory()
  const handler = effect(
    noteContract(),
    'reader',
    async (_, { signal }) => {
      const start = clock.now()
      await clock.sleep(60_000, signal)
      told = clock.now() - start
      throw uncertain('stopped')
    },
    { claimMs },
  )
  await using hand = await openByHand({ handlers: [handler], store, clock })
  await hand.handOut({ n: 1 })
  await clock.advance(claimMs + 100)
  assert.equal(told, claimMs)
})

test('a process that found a message, but comes late to claim it, leaves it to the one that claimed it first', async () => {
  let left = 1
  const slow = (clock: TestClock) => (store: Store) => ({
    ...store,
    async read<R>(work: (tx: Tx) => Promise<R>): Promise<R> {
      const result = await store.read(work)
      if ((result as { found?: readonly unknown[] }).found?.length) await clock.sleep(50)
      return result
    },
  })
  await using two = await openTwo(
    (clock, name, acts) =>
      effect(noteContract(), 'reader', async () => {
        if (left-- > 0) throw new Error('not yet')
        acts.push(name)
        await clock.sleep(200)
      }),
    slow,
  )
  await two.first.handOut({ n: 1 })
  await two.clock.advance(5_000)
  assert.deepEqual(two.acts.length, 1)
})

test('a redelivered message is held first, so that its starts are counted', async () => {
  let starts = -1
  const handler = on(noteContract(), 'reader', async (_, { tx }) => {
    starts = Number((await tx.query('SELECT starts FROM vestnik_inbox', []))[0]?.starts)
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 }, { redelivered: true })
  await hand.clock.advance(500)
  assert.equal(starts, 1)
})

test('a message that kills its process each time ends as a dead letter, after three starts alone', async () => {
  const { store, clock } = await openMemory()
  let starts = 0
  // A killed process: its handler never comes back, and nothing that it holds is let go of.
  const kills = () => {
    starts += 1
    return new Promise<void>(() => {})
  }
  const process = () => openByHand({ store, clock, handlers: [effect(noteContract(), 'reader', kills, { claimMs })] })
  const first = await process()
  await first.handOut({ n: 1, key: 'a' })
  for (let life = 0; life < 12; life += 1) {
    await clock.advance(claimMs + 300)
    if ((await first.bus.operations.listDead()).length > 0) break
    await process()
  }
  const [letter] = await first.bus.operations.listDead()
  assert.equal(letter?.reason, 'crash')
  assert.equal(starts, 5)
  await store.close()
})

test('a start that ends in an error is no longer counted as one that killed', async () => {
  let calls = 0
  const handler = on(
    noteContract({ retry: { attempts: 20, firstDelayMs: 10, maxDelayMs: 10 } }),
    'reader',
    async () => {
      calls += 1
      throw new Error('fails, but kills nobody')
    },
  )
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(20_000)
  assert.equal(calls, 20)
  assert.equal((await hand.bus.operations.listDead())[0]?.reason, '20 attempts failed')
})

test('while a message runs alone, no other handler of the process runs', async () => {
  const { store, clock } = await openMemory()
  let running = 0
  const beside: number[] = []
  const handler = effect(noteContract(), 'reader', async ({ n }) => {
    running += 1
    if (n === 1) beside.push(running)
    await clock.sleep(300)
    if (n === 1) beside.push(running)
    running -= 1
  })
  await using hand = await openByHand({ handlers: [handler], store, clock })
  const later = new Date(clock.now() + 1_000).toISOString()
  const headers = { 'ce-source': 'writer', 'ce-type': 'note.written', 'ce-notbefore': later }
  await hand.handOut({ n: 1, key: 'a' }, { headers })
  // Its process was killed in two starts already.
  await hand.store.transaction((tx) => tx.query('UPDATE vestnik_inbox SET starts = 2', []))
  await clock.advance(950)
  for (const n of [2, 3, 4]) await hand.handOut({ n, key: `k${n}` })
  await clock.advance(100)
  for (const n of [5, 6, 7]) void hand.handOut({ n, key: `k${n}` })
  await hand.clock.advance(10_000)
  assert.deepEqual(beside, [1, 1])
  assert.equal((await hand.rows("SELECT 1 FROM vestnik_inbox WHERE state = 'done'")).length, 7)
})

test('a claim that came too late for its effect is given up, and nothing is done under it', async () => {
  let claims = 0
  const acts: number[] = []
  const { store, clock } = await openMemory()
  const handler = effect(noteContract(), 'reader', () => void acts.push(claims), { claimMs })
  await using hand = await openByHand({
    handlers: [handler],
    store,
    clock,
    wrap: afterClaim(async () => {
      claims += 1
      if (claims === 1) await clock.sleep(claimMs * 0.6)
    }),
  })
  await hand.handOut({ n: 1 })
  await clock.advance(claimMs * 5)
  assert.deepEqual(acts, [2])
  const [row] = await hand.rows('SELECT state, uncertain, attempts FROM vestnik_inbox')
  assert.deepEqual({ ...row }, { state: 'done', uncertain: 0, attempts: 0 })
})

test('a claim that outlasts the life of its message does not act on it', async () => {
  let acts = 0
  const { store, clock } = await openMemory()
  const handler = effect(noteContract({ lifeMs: 1_000 }), 'reader', () => void acts++)
  await using hand = await openByHand({
    handlers: [handler],
    store,
    clock,
    wrap: afterClaim(() => clock.sleep(1_500)),
  })
  await hand.handOut({ n: 1 })
  await clock.advance(5_000)
  assert.equal(acts, 0)
  assert.deepEqual(
    (await hand.bus.operations.listDead()).map(({ reason }) => reason),
    ['expired'],
  )
})

test('a delayed message takes its place in the order of its key when it is due', async () => {
  const handler = on(noteContract(), 'reader', async ({ n }, { tx }) => {
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  await using hand = await openByHand({ handlers: [handler] })
  const later = new Date(hand.clock.now() + 10_000).toISOString()
  const headers = { 'ce-source': 'writer', 'ce-type': 'note.written', 'ce-notbefore': later }
  await hand.handOut({ n: 1, key: 'a' }, { headers })
  await hand.handOut({ n: 2, key: 'a' })
  assert.deepEqual(await hand.taken(), [2])
  await hand.clock.advance(11_000)
  assert.deepEqual(await hand.taken(), [2, 1])
})

test('expiry is judged at the turn of a message, which does not park its key', async () => {
  let failing = true
  const handler = on(noteContract({ afterDead: 'park', retry: { attempts: 9 } }), 'reader', async ({ n }, { tx }) => {
    if (failing) throw new Error('not yet')
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  await using hand = await openByHand({ handlers: [handler] })
  const expires = (ms: number) => ({
    headers: {
      'ce-source': 'writer',
      'ce-type': 'note.written',
      'ce-expirytime': new Date(hand.clock.now() + ms).toISOString(),
    },
  })
  await hand.handOut({ n: 1, key: 'a' })
  await hand.handOut({ n: 2, key: 'a' }, expires(1_500))
  await hand.handOut({ n: 3, key: 'a' })
  await hand.clock.advance(1_600)
  failing = false
  await hand.clock.advance(20_000)
  assert.deepEqual(await hand.taken(), [1, 3])
  assert.deepEqual(
    (await hand.bus.operations.listDead()).map(({ reason }) => reason),
    ['expired'],
  )
})

test('what an edit broke is a dead letter again, and can be mended again', async () => {
  let broken = true
  const handler = on(noteContract(), 'reader', async ({ n }, { tx }) => {
    if (broken) throw permanent('never')
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  await using hand = await openByHand({ handlers: [handler] })
  const edit = async (body: string) => {
    const [letter] = await hand.bus.operations.listDead()
    assert.ok(letter)
    await hand.bus.operations.edit(letter, new TextEncoder().encode(body), { who: 'test', revision: letter.revision })
    await hand.clock.advance(1_000)
  }
  await hand.handOut({ n: 1 })
  broken = false
  await edit('{"n":"one"}')
  assert.equal((await hand.bus.operations.listDead())[0]?.reason, 'wrong schema')
  await edit('{"n":10}')
  assert.deepEqual(await hand.taken(), [10])
})

/** A store that is slow to say that a claim is committed. */
function afterClaim(wait: () => Promise<void>): (store: Store) => Store {
  return (store) => ({
    ...store,
    async transaction(work) {
      const result = await store.transaction(work)
      const [claimed] = Array.isArray(result) ? (result as { token?: string }[]) : []
      if (claimed?.token !== undefined) await wait()
      return result
    },
  })
}

/** Two processes on one database; their handlers note who acted. */
async function openTwo(
  handlerOf: (
    clock: TestClock,
    name: 'first' | 'second',
    acts: string[],
  ) => NonNullable<ByHandOptions['handlers']>[number],
  slowSecond: (clock: TestClock) => (store: Store) => Store = () => (store) => store,
) {
  const { store, clock } = await openMemory()
  const acts: string[] = []
  const first = await openByHand({ store, clock, handlers: [handlerOf(clock, 'first', acts)] })
  const second = await openByHand({
    store,
    clock,
    handlers: [handlerOf(clock, 'second', acts)],
    wrap: slowSecond(clock),
  })
  return {
    first,
    second,
    clock,
    acts,
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]()
      await second[Symbol.asyncDispose]()
      await store.close()
    },
  }
}
