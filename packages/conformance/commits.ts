/** Laws of commits: what is durable when, for whom, and how works share them. */
import assert from 'node:assert/strict'
import { hasCode } from '@vestnik/bus/errors'
import { law, lawOfProcesses, type StoreBench, type StoreLaw } from './store-bench.ts'

export const commits: readonly StoreLaw[] = [
  law('a transaction resolves with the result of its work', async ({ store }) => {
    const result = { some: 'value' }
    assert.equal(await store.transaction(async () => result), result)
    assert.equal(await store.transaction(async () => undefined), undefined)
  }),

  law('what a transaction wrote is there when the store is opened again', async (bench) => {
    const table = await bench.table('n BIGINT')
    await bench.run(`INSERT INTO ${table} (n) VALUES (?)`, 7)
    await bench.store.close()
    assert.deepEqual(await numbers(bench, table), [7])
  }),

  law('a transaction sees what earlier ones wrote, of any store on the database', async (bench) => {
    const table = await bench.table('n BIGINT')
    const other = await bench.open()
    for (const [n, store] of [bench.store, other, bench.store, other].entries()) {
      const rows = await store.transaction(async (tx) => {
        await bench.query(tx, `INSERT INTO ${table} (n) VALUES (?)`, n)
        return tx.query(`SELECT n FROM ${table}`, [])
      })
      assert.equal(rows.length, n + 1)
    }
  }),

  law('works run one after another and never interleave', async (bench) => {
    const table = await bench.table('n BIGINT')
    await bench.run(`INSERT INTO ${table} (n) VALUES (0)`)
    const steps: string[] = []
    const works = Array.from({ length: 50 }, (_, i) =>
      bench.store.transaction(async (tx) => {
        steps.push(`begin ${i}`)
        const [row] = await tx.query(`SELECT n FROM ${table}`, [])
        await tx.query('SELECT 1 AS one', [])
        await bench.query(tx, `UPDATE ${table} SET n = ?`, Number(row?.n) + 1)
        steps.push(`end ${i}`)
      }),
    )
    await bench.within('fifty works', Promise.all(works))
    assert.deepEqual(await numbers(bench, table), [50])
    for (let i = 0; i < steps.length; i += 2) assert.equal(steps[i]?.replace('begin', 'end'), steps[i + 1])
  }),

  law('works are run in the order in which they were asked for', async (bench) => {
    const order: number[] = []
    const works = Array.from({ length: 20 }, (_, i) => bench.store.transaction(async () => order.push(i)))
    await bench.within('twenty works', Promise.all(works))
    assert.deepEqual(
      order,
      Array.from({ length: 20 }, (_, i) => i),
    )
  }),

  law('works that wait share commits', async (bench) => {
    const table = await bench.table('n BIGINT')
    const commits: number[] = []
    // A machine that stands still ends commits early: not so often in a row.
    for (let tries = 0; tries < 5 && !commits.some((made) => made <= 100); tries += 1) {
      let wakes = 0
      const stop = bench.store.watch(() => {
        wakes += 1
      })
      const works = Array.from({ length: 400 }, (_, i) => bench.run(`INSERT INTO ${table} (n) VALUES (?)`, i))
      await bench.within('four hundred works', Promise.all(works))
      stop()
      commits.push(wakes)
    }
    assert.ok(Math.min(...commits) <= 100, `400 works made ${commits.join(', ')} commits`)
  }),

  law('a work that throws is rolled back alone, and its error comes out as it is', async (bench) => {
    const table = await bench.table('n BIGINT')
    const mine = new Error('mine')
    const works = [1, 2, 3, 4].map((n) =>
      bench.store.transaction(async (tx) => {
        await bench.query(tx, `INSERT INTO ${table} (n) VALUES (?)`, n)
        if (n === 2) throw mine
        if (n === 3) throw 'not an error'
        return n
      }),
    )
    const ends = await bench.within('four works', Promise.allSettled(works))
    assert.deepEqual(
      ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason)),
      [1, mine, 'not an error', 4],
    )
    assert.deepEqual(await numbers(bench, table), [1, 4])
  }),

  law('a work that throws before it is asynchronous is rolled back alone too', async ({ store, within }) => {
    const mine = new Error('mine')
    const works = [
      store.transaction(() => {
        throw mine
      }),
      store.transaction(async () => 'fine'),
    ]
    const [thrown, fine] = await within('two works', Promise.allSettled(works))
    assert.deepEqual(thrown, { status: 'rejected', reason: mine })
    assert.deepEqual(fine, { status: 'fulfilled', value: 'fine' })
  }),

  law('a statement that fails rejects its work and harms no other', async (bench) => {
    const table = await bench.table('n BIGINT PRIMARY KEY')
    const works = [1, 1, 2].map((n) => bench.run(`INSERT INTO ${table} (n) VALUES (?)`, n))
    const ends = await bench.within('three works', Promise.allSettled(works))
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(await numbers(bench, table), [1, 2])
  }),

  law('a constraint broken at the commit harms only the work that broke it', async (bench) => {
    const { parent, child } = await deferredTables(bench)
    const works = [1, 99, 2].map((n) =>
      bench.store.transaction(async (tx) => {
        await bench.query(tx, `INSERT INTO ${child} (n) VALUES (?)`, n)
        if (n !== 99) await bench.query(tx, `INSERT INTO ${parent} (n) VALUES (?)`, n)
        return n
      }),
    )
    const [first, broken, third] = await bench.within('three works', Promise.allSettled(works))
    assert.deepEqual(first, { status: 'fulfilled', value: 1 })
    assert.deepEqual(third, { status: 'fulfilled', value: 2 })
    assert.equal(broken?.status, 'rejected')
    // It is the work's own error, as that of any other statement: trying again cannot help.
    assert.ok(!hasCode(broken.reason, 'COMMIT_FAILED', 'COMMIT_UNKNOWN', 'LOCK_TIMEOUT', 'TX_LOST'))
    assert.deepEqual(await numbers(bench, child), [1, 2])
  }),

  law('a work that is called a second time starts clean', async (bench) => {
    const { child } = await deferredTables(bench)
    const table = await bench.table('n BIGINT')
    await bench.run(`INSERT INTO ${table} (n) VALUES (0)`)
    let calls = 0
    const works = Array.from({ length: 10 }, () =>
      bench.store.transaction(async (tx) => {
        calls += 1
        await tx.query(`UPDATE ${table} SET n = n + 1`, [])
        return (await tx.query(`SELECT n FROM ${table}`, []))[0]?.n
      }),
    )
    // Breaks the commit that it shares: the works in it are then called again, or were never in it.
    const breaking = bench.run(`INSERT INTO ${child} (n) VALUES (99)`)
    await bench.within('the work that breaks the commit', assert.rejects(breaking))
    const results = await bench.within('ten works', Promise.all(works))
    assert.ok(calls >= 10)
    assert.deepEqual(results, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert.deepEqual(await numbers(bench, table), [10])
  }),

  law(
    'a commit whose outcome nobody knows is never told as done or as failed',
    async (bench) => {
      const table = await bench.table('n BIGINT')
      const store = await bench.openUnknown()
      const work = store.transaction(async (tx) => {
        for (const _ of [1, 2]) await bench.query(tx, `INSERT INTO ${table} (n) VALUES (?)`, 7)
      })
      await assert.rejects(bench.within('the transaction', work), (error) => hasCode(error, 'COMMIT_UNKNOWN'))
      const rows = await numbers(bench, table)
      assert.ok(rows.length === 0 || rows.length === 2, `half of a work is there: ${rows}`)
    },
    'unknownCommits',
  ),

  law(
    'a commit that is refused rejects with COMMIT_FAILED, and nothing of it is there',
    async (bench) => {
      const table = await bench.table('n BIGINT')
      const store = await bench.openFailing()
      const works = [1, 2, 3].map((n) =>
        store.transaction(async (tx) => bench.query(tx, `INSERT INTO ${table} (n) VALUES (?)`, n)),
      )
      for (const end of await bench.within('the transactions', Promise.allSettled(works))) {
        assert.ok(end.status === 'rejected' && hasCode(end.reason, 'COMMIT_FAILED'))
      }
      assert.deepEqual(await numbers(bench, table), [])
    },
    'failedCommits',
  ),

  lawOfProcesses('two processes on one database lose no update', async (bench) => {
    const table = await bench.table('n BIGINT')
    await bench.run(`INSERT INTO ${table} (n) VALUES (0)`)
    const processes = await Promise.all([bench.process(), bench.process()])
    for (const _ of [1, 2, 3]) await Promise.all(processes.map((it) => it.increment(table, 50)))
    assert.deepEqual(await numbers(bench, table), [300])
  }),

  lawOfProcesses(
    'of a killed process every resolved transaction is kept, and of each work all or nothing',
    async (bench) => {
      for (const least of [1, 60, 300]) {
        const table = await bench.table('n BIGINT')
        const process = await bench.process()
        await process.flood(table)
        await bench.until('committed works', () => process.committed().length >= least)
        await process.kill()
        await assertAllOrNothing(bench, table, process.committed())
      }
    },
  ),

  lawOfProcesses(
    'a lock that another process keeps is told as LOCK_TIMEOUT, and ends with that process',
    async (bench) => {
      const table = await bench.table('n BIGINT')
      await bench.run(`INSERT INTO ${table} (n) VALUES (0)`)
      const process = await bench.process()
      await process.stopInside(table)
      const began = performance.now()
      const blocked = bench.run(`UPDATE ${table} SET n = n + 1`)
      await assert.rejects(bench.within('the blocked transaction', blocked), (error) => hasCode(error, 'LOCK_TIMEOUT'))
      assert.ok(performance.now() - began < 2000, 'it is told within about a second')
      await process.kill()
      await bench.run(`UPDATE ${table} SET n = n + 1`)
      assert.deepEqual(await numbers(bench, table), [1])
    },
  ),
]

/** The numbers in the table, as a store that is opened now sees them. */
export async function numbers(bench: StoreBench, table: string): Promise<readonly number[]> {
  const store = await bench.open()
  const rows = await bench.within(
    'a read',
    store.read((tx) => tx.query(`SELECT n FROM ${table} ORDER BY n`, [])),
  )
  return rows.map(({ n }) => Number(n))
}

/** A child without its parent is found at the commit only. */
async function deferredTables(bench: StoreBench): Promise<{ parent: string; child: string }> {
  const parent = await bench.table('n BIGINT PRIMARY KEY')
  const child = await bench.table(`n BIGINT REFERENCES ${parent} (n) DEFERRABLE INITIALLY DEFERRED`)
  return { parent, child }
}

async function assertAllOrNothing(bench: StoreBench, table: string, committed: readonly number[]): Promise<void> {
  const counts = new Map<number, number>()
  for (const n of await numbers(bench, table)) counts.set(n, (counts.get(n) ?? 0) + 1)
  for (const [n, count] of counts) assert.equal(count, 10, `of work ${n} there are ${count} of 10 rows`)
  for (const n of committed) assert.ok(counts.has(n), `work ${n} was committed and is not there`)
}
