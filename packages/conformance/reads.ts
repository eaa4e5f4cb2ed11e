/** Laws of reads and watches: what is seen, and who is told of commits. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { law, lawOfProcesses, type StoreLaw } from './store-bench.ts'

export const reads: readonly StoreLaw[] = [
  law('a read resolves with the result of its work, and its error comes out as it is', async ({ store }) => {
    const mine = new Error('mine')
    assert.equal(await store.read(async () => 'result'), 'result')
    const reading = store.read(async () => {
      throw mine
    })
    await assert.rejects(reading, mine)
  }),

  law('a read sees every transaction that resolved before it, of any store on the database', async (bench) => {
    const table = await bench.table('n BIGINT')
    const other = await bench.open()
    for (const count of [1, 2, 3, 4, 5]) {
      await bench.run(`INSERT INTO ${table} (n) VALUES (?)`, count)
      for (const store of [bench.store, other]) {
        const rows = await store.read((tx) => tx.query(`SELECT n FROM ${table}`, []))
        assert.equal(rows.length, count)
      }
    }
  }),

  law('all statements of a read see one snapshot', async (bench) => {
    const table = await bench.table('n BIGINT')
    await bench.run(`INSERT INTO ${table} (n) VALUES (0)`)
    let ended = false
    const writing = (async () => {
      while (!ended) await bench.run(`UPDATE ${table} SET n = n + 1`)
    })()
    try {
      for (const _ of [1, 2, 3, 4, 5]) {
        const seen = await bench.store.read(async (tx) => {
          const counts = new Set<unknown>()
          for (let i = 0; i < 50; i += 1) {
            counts.add((await tx.query(`SELECT n FROM ${table}`, []))[0]?.n)
            await sleep(0)
          }
          return counts
        })
        assert.equal(seen.size, 1, `one read saw ${[...seen]}`)
      }
    } finally {
      ended = true
      await writing
    }
  }),

  law('a read is never behind a writer', async (bench) => {
    const table = await bench.table('n BIGINT')
    const writing = Promise.withResolvers<void>()
    let written = false
    const slow = bench.store.transaction(async (tx) => {
      await bench.query(tx, `INSERT INTO ${table} (n) VALUES (1)`)
      writing.resolve()
      await sleep(700)
      written = true
    })
    await writing.promise
    const rows = await bench.within(
      'the read',
      bench.store.read((tx) => tx.query(`SELECT n FROM ${table}`, [])),
    )
    assert.equal(written, false, 'the read waited for the writer')
    assert.deepEqual(rows, [])
    await slow
  }),

  law('a watcher is called after a commit, when it can be read', async (bench) => {
    const table = await bench.table('n BIGINT')
    const seen: number[] = []
    const stop = bench.store.watch(() => {
      void bench.store.read((tx) => tx.query(`SELECT n FROM ${table}`, [])).then((rows) => seen.push(rows.length))
    })
    for (const count of [1, 2, 3]) {
      await bench.run(`INSERT INTO ${table} (n) VALUES (?)`, count)
      await bench.until('a wake that sees the commit', () => seen.some((rows) => rows === count))
    }
    stop()
  }),

  law('every watcher is called, and none after it was stopped', async (bench) => {
    const table = await bench.table('n BIGINT')
    const counts = { one: 0, other: 0, both: 0 }
    const twice = () => {
      counts.both += 1
    }
    const stopOne = bench.store.watch(() => {
      counts.one += 1
    })
    const stops = [bench.store.watch(twice), bench.store.watch(twice)]
    bench.store.watch(() => {
      counts.other += 1
    })
    await bench.run(`INSERT INTO ${table} (n) VALUES (1)`)
    await bench.until('the wakes', () => counts.one > 0 && counts.other > 0 && counts.both >= 2)
    stopOne()
    for (const stop of stops) stop()
    const { one, other, both } = { ...counts }
    await bench.run(`INSERT INTO ${table} (n) VALUES (2)`)
    await bench.until('the wake of the other', () => counts.other > other)
    assert.deepEqual([counts.one, counts.both], [one, both])
    stopOne()
  }),

  lawOfProcesses('a watcher is called after a commit of another process', async (bench) => {
    const table = await bench.table('n BIGINT')
    const process = await bench.process()
    let wakes = 0
    const stop = bench.store.watch(() => {
      wakes += 1
    })
    for (const n of [1, 2, 3]) {
      const before = wakes
      await process.insert(table, n)
      await bench.until('a wake', () => wakes > before)
    }
    stop()
  }),

  lawOfProcesses('a read sees every transaction of another process that resolved before it', async (bench) => {
    const table = await bench.table('n BIGINT')
    const process = await bench.process()
    for (const n of [1, 2, 3, 4, 5]) {
      await process.insert(table, n)
      const rows = await bench.store.read((tx) => tx.query(`SELECT n FROM ${table}`, []))
      assert.equal(rows.length, n)
    }
  }),
]
