/** Shared commits: works one after another, each for itself, many in one transaction. */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BusError, hasCode } from '@vestnik/bus/errors'
import type { Tx } from '@vestnik/bus/store'
import { refusingMachine, soundMachine, unsyncedMachine } from './faulty.fixture.ts'
import { look, openScratch, run, scratchPath, until } from './scratch.fixture.ts'
import type { Machine } from './store.ts'

const code = (error: unknown): unknown => (error as { code?: unknown }).code
const settle = async (works: readonly Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(works)).map((end) => (end.status === 'fulfilled' ? end.value : end.reason))

/** A machine that counts the syncs of the log, which follow the commits one by one. */
function countingMachine(): { machine: Machine; syncs: () => number } {
  let count = 0
  const fdatasync: Machine['fdatasync'] = (_fd, done) => {
    count += 1
    setImmediate(done)
  }
  return { machine: { ...soundMachine, fdatasync }, syncs: () => count }
}

test('works that are asked for at once share a commit of at most 200', async (t) => {
  const path = scratchPath(t)
  const store = await openScratch(t, path)
  await run(store, 'CREATE TABLE a (n)')
  const other = new DatabaseSync(path)
  const version = other.prepare('PRAGMA data_version')
  let fewest = Number.POSITIVE_INFINITY
  // A commit closes after a while too: a busy machine makes more of them, and has several tries.
  for (let tries = 0; tries < 10 && fewest > 30; tries += 1) {
    const seen = new Set<unknown>([version.get()?.data_version])
    const works = Array.from({ length: 1000 }, (_, n) =>
      run(store, 'INSERT INTO a VALUES (?)', n).then(() => seen.add(version.get()?.data_version)),
    )
    await Promise.all(works)
    assert.ok(seen.size >= 5, `1000 works made about ${seen.size - 1} commits`)
    fewest = Math.min(fewest, seen.size)
  }
  other.close()
  assert.ok(fewest <= 30, `1000 works made about ${fewest - 1} commits`)
})

test('a commit closes as soon as no work waits', async (t) => {
  const store = await openScratch(t)
  let shortestMs = Number.POSITIVE_INFINITY
  for (let i = 0; i < 50; i += 1) {
    const began = performance.now()
    await store.transaction(async () => i)
    shortestMs = Math.min(shortestMs, performance.now() - began)
  }
  assert.ok(shortestMs < 5, `the shortest of fifty commits took ${shortestMs} ms`)
})

test('a work that throws is undone alone, whatever it throws', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  const mine = new Error('mine')
  const works = [1, 2, 3].map((n) =>
    store.transaction(async (tx) => {
      await tx.query('INSERT INTO a VALUES (?)', [n])
      if (n === 2) throw mine
      return n
    }),
  )
  assert.deepEqual(await settle(works), [1, mine, 3])
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 1 }, { n: 3 }])
})

test('a foreign key that is checked at the commit gives its error to the guilty work only', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE parent (id INTEGER PRIMARY KEY)')
  await run(store, 'CREATE TABLE child (parent REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)')
  const calls = new Map<number, number>()
  const works = [1, 2, 3, 4].map((n) =>
    store.transaction(async (tx) => {
      calls.set(n, (calls.get(n) ?? 0) + 1)
      if (n !== 3) await tx.query('INSERT INTO parent VALUES (?)', [n])
      await tx.query('INSERT INTO child VALUES (?)', [n])
      return n
    }),
  )
  const [one, two, guilty, four] = await settle(works)
  assert.deepEqual([one, two, four], [1, 2, 4])
  assert.equal((guilty as { errcode?: unknown }).errcode, 787)
  assert.ok(
    [...calls.values()].every((count) => count <= 2),
    'each was called again at most once, alone',
  )
  assert.deepEqual(await look(store, 'SELECT count(*) AS n FROM child'), [{ n: 3 }])
})

test('a statement that ends the whole transaction harms only its own work', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n UNIQUE)')
  const works = [1, 2, 2, 3].map((n) => run(store, 'INSERT OR ROLLBACK INTO a VALUES (?) RETURNING n', n))
  const [one, two, guilty, three] = await settle(works)
  assert.deepEqual([one, two, three], [[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]])
  assert.equal((guilty as { errcode?: unknown }).errcode, 2067)
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 1 }, { n: 2 }, { n: 3 }])
})

test('a work that ended the transaction and hides it does not commit, and says so', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n UNIQUE)')
  await run(store, 'INSERT INTO a VALUES (1)')
  const hiding = store.transaction(async (tx) => {
    await tx.query('INSERT INTO a VALUES (2)', [])
    await tx.query('INSERT OR ROLLBACK INTO a VALUES (1)', []).catch(() => {})
    await tx.query('INSERT INTO a VALUES (3)', []).catch(() => {})
    return 'done'
  })
  await assert.rejects(hiding, (error) => hasCode(error, 'TX_LOST'))
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 1 }])
})

test('a transaction inside a work is nested, one that comes meanwhile from outside queues', async (t) => {
  const store = await openScratch(t)
  const order: string[] = []
  const begun = Promise.withResolvers<void>()
  const first = store.transaction(async () => {
    begun.resolve()
    await sleep(20)
    const nested = [store.transaction(async () => 1), store.read(async () => 1)]
    order.push(...(await settle(nested)).map((error) => String(code(error))))
  })
  await begun.promise
  const second = store.transaction(async () => void order.push('second'))
  await Promise.all([first, second])
  assert.deepEqual(order, ['TX_NESTED', 'TX_NESTED', 'second'])
})

test('what a work started may use the store when the work has ended', async (t) => {
  const store = await openScratch(t)
  let later: Promise<unknown> | undefined
  await store.transaction(async () => {
    later = sleep(10).then(() => store.transaction(async () => 'later'))
  })
  assert.equal(await later, 'later')
})

test('a work of one store may use another store', async (t) => {
  const [store, other] = [await openScratch(t), await openScratch(t)]
  assert.equal(await store.transaction(() => other.transaction(async () => 'other')), 'other')
})

test("a work runs in its caller's own async context, called again as well", async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n UNIQUE)')
  const context = new AsyncLocalStorage<number>()
  const seen: [number, number | undefined][] = []
  const works = [1, 2, 2].map((n) =>
    context.run(n, () =>
      store.transaction(async (tx) => {
        await tx.query('INSERT OR ROLLBACK INTO a VALUES (?)', [n])
        seen.push([n, context.getStore()])
      }),
    ),
  )
  await settle(works)
  assert.ok(seen.length >= 3)
  assert.ok(seen.every(([asked, found]) => asked === found))
})

test('a statement that nobody waits for fails with TX_ENDED when its transaction is over', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  let floating: Promise<unknown> | undefined
  const publish = async (tx: Tx): Promise<void> => {
    await Promise.resolve()
    await tx.query('INSERT INTO a VALUES (1)', [])
    await tx.query('INSERT INTO a VALUES (2)', [])
    await tx.query('INSERT INTO a VALUES (3)', [])
    for (let i = 0; i < 50; i += 1) await tx.query('SELECT 1', [])
  }
  await store.transaction(async (tx) => {
    floating = publish(tx)
    floating.catch(() => {})
  })
  await assert.rejects(floating ?? Promise.resolve(), (error) => hasCode(error, 'TX_ENDED'))
})

test('a work that takes longer than a second is undone, those around it are not', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  let late: unknown
  const slow = store.transaction(async (tx) => {
    await tx.query('INSERT INTO a VALUES (2)', [])
    await sleep(1200)
    late = await tx.query('INSERT INTO a VALUES (3)', []).catch(code)
  })
  const works = [run(store, 'INSERT INTO a VALUES (1)'), slow, run(store, 'INSERT INTO a VALUES (4)')]
  assert.deepEqual((await settle(works)).map(code), [undefined, 'TX_TOO_SLOW', undefined])
  await until(() => late !== undefined)
  assert.equal(late, 'TX_ENDED')
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 1 }, { n: 4 }])
})

test('a work that keeps the thread for more than a second is too slow as well', async (t) => {
  const store = await openScratch(t)
  await run(store, 'CREATE TABLE a (n)')
  const busy = store.transaction(async (tx) => {
    await tx.query('INSERT INTO a VALUES (1)', [])
    for (const end = performance.now() + 1050; performance.now() < end; );
  })
  await assert.rejects(busy, (error) => hasCode(error, 'TX_TOO_SLOW'))
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [])
})

test('a disk that is full at the commit is COMMIT_FAILED because of DISK_FULL, for each work by itself', async (t) => {
  const path = scratchPath(t)
  await run(await openScratch(t, path), 'CREATE TABLE a (n)')
  const store = await openScratch(t, path, {}, refusingMachine(13, 2))
  const [first, second] = await settle([1, 2].map((n) => run(store, 'INSERT INTO a VALUES (?)', n)))
  assert.equal(code(first), 'COMMIT_FAILED')
  assert.equal(code((first as BusError).cause), 'DISK_FULL')
  assert.deepEqual(second, [], 'alone, the second fits')
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 2 }])
})

test('a frame that could not be written is TX_LOST, and the store goes on', async (t) => {
  const store = await openScratch(t, scratchPath(t), {}, refusingMachine(778, 1))
  await assert.rejects(run(store, 'CREATE TABLE a (n)'), (error) => hasCode(error, 'TX_LOST'))
  await run(store, 'CREATE TABLE a (n)')
})

test('a commit that failed in any other way is COMMIT_UNKNOWN, and the store closes itself', async (t) => {
  const store = await openScratch(t, scratchPath(t), {}, refusingMachine(1034, 1))
  const works = [run(store, 'CREATE TABLE a (n)'), run(store, 'CREATE TABLE b (n)')]
  assert.deepEqual((await settle(works)).map(code), ['COMMIT_UNKNOWN', 'COMMIT_UNKNOWN'])
  await assert.rejects(run(store, 'SELECT 1'), (error) => hasCode(error, 'STORE_CLOSED'))
})

test('after a failed sync nothing is told as done, and the store is closed', async (t) => {
  const path = scratchPath(t)
  await run(await openScratch(t, path), 'CREATE TABLE a (n)')
  const store = await openScratch(t, path, {}, unsyncedMachine)
  let wakes = 0
  store.watch(() => {
    wakes += 1
  })
  const works = Array.from({ length: 300 }, (_, n) => run(store, 'INSERT INTO a VALUES (?)', n))
  const reading = look(store, 'SELECT count(*) AS n FROM a')
  const codes = (await settle([...works, reading])).map(code)
  assert.ok(codes.includes('COMMIT_UNKNOWN'))
  assert.ok(codes.every((each) => ['COMMIT_UNKNOWN', 'TX_LOST', 'STORE_CLOSED'].includes(String(each))))
  await assert.rejects(run(store, 'SELECT 1'), (error) => hasCode(error, 'STORE_CLOSED') && error.cause !== undefined)
  await store.close()
  assert.equal(wakes, 0)
})

test('when a sync fails, the work that runs is undone for certain, and those behind it never run', async (t) => {
  const path = scratchPath(t)
  await run(await openScratch(t, path), 'CREATE TABLE a (n)')
  const failing = Promise.withResolvers<() => void>()
  const fdatasync: Machine['fdatasync'] = (_fd, done) => failing.resolve(() => done(new Error('EIO')))
  const store = await openScratch(t, path, {}, { ...soundMachine, fdatasync })
  const first = run(store, 'INSERT INTO a VALUES (1)')
  const fail = await failing.promise
  const second = store.transaction(async (tx) => {
    await tx.query('INSERT INTO a VALUES (2)', [])
    setImmediate(fail)
    await sleep(50)
    return tx.query('INSERT INTO a VALUES (3)', [])
  })
  const third = run(store, 'INSERT INTO a VALUES (4)')
  assert.deepEqual((await settle([first, second, third])).map(code), ['COMMIT_UNKNOWN', 'TX_LOST', 'STORE_CLOSED'])
  await store.close()
  assert.deepEqual(await look(await openScratch(t, path), 'SELECT n FROM a'), [{ n: 1 }])
})

test('works that only read what is durable already cost no sync', async (t) => {
  const { machine, syncs } = countingMachine()
  const store = await openScratch(t, scratchPath(t), {}, machine)
  await run(store, 'CREATE TABLE a (n)')
  const before = syncs()
  for (let i = 0; i < 5; i += 1) {
    await run(store, 'SELECT n FROM a')
    await look(store, 'SELECT n FROM a')
  }
  assert.equal(syncs(), before)
})

test('a database in memory keeps the same rules', async (t) => {
  const store = await openScratch(t, ':memory:')
  await run(store, 'CREATE TABLE a (n)')
  const failing = store.transaction(async (tx) => {
    await tx.query('INSERT INTO a VALUES (1)', [])
    throw new Error('mine')
  })
  await assert.rejects(failing, /mine/)
  await run(store, 'INSERT INTO a VALUES (2)')
  assert.deepEqual(await look(store, 'SELECT n FROM a'), [{ n: 2 }])
  await assert.rejects(look(store, 'INSERT INTO a VALUES (3)'), (error) => hasCode(error, 'SQL_STATEMENT'))
})
