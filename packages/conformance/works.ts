/** Laws of works: what a work may do, how long, and what its `tx` answers afterwards. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tx } from '@vestnik/bus'
import { type Code, hasCode } from '@vestnik/bus/errors'
import { numbers } from './commits.ts'
import { law, type StoreLaw } from './store-bench.ts'

export const works: readonly StoreLaw[] = [
  law('a work of more than a second is rolled back with TX_TOO_SLOW, and its tx is dead', async (bench) => {
    const table = await bench.table('n BIGINT')
    let late: unknown
    const slow = bench.store.transaction(async (tx) => {
      await bench.query(tx, `INSERT INTO ${table} (n) VALUES (1)`)
      await sleep(1500)
      late = await tx.query(`INSERT INTO ${table} (n) VALUES (2)`, []).then(() => 'written', codeOf)
    })
    const behind = bench.run(`INSERT INTO ${table} (n) VALUES (3)`)
    await assert.rejects(bench.within('the slow work', slow), coded('TX_TOO_SLOW'))
    await bench.within('the work behind it', behind)
    await bench.until('the late statement', () => late !== undefined)
    assert.equal(late, 'TX_ENDED')
    assert.deepEqual(await numbers(bench, table), [3])
  }),

  law('a work that waits for its turn is not too slow', async (bench) => {
    const works = [1, 2, 3].map((n) =>
      bench.store.transaction(async (tx) => {
        await sleep(450)
        return tx.query(`SELECT ${n} AS n`, [])
      }),
    )
    await bench.within('three works of 450 ms', Promise.all(works))
  }),

  law('transaction and read inside a work of the store reject at once with TX_NESTED', async (bench) => {
    const { store } = bench
    const attempts = async (tx: Tx) => {
      await tx.query('SELECT 1 AS one', [])
      return Promise.all([
        store.transaction(async () => 'ran').catch(codeOf),
        store.read(async () => 'ran').catch(codeOf),
      ])
    }
    for (const inside of [() => store.transaction(attempts), () => store.read(attempts)]) {
      assert.deepEqual(await bench.within('the work', inside()), ['TX_NESTED', 'TX_NESTED'])
    }
  }),

  law('a transaction that is asked for beside a running work is not nested', async (bench) => {
    const gate = Promise.withResolvers<void>()
    const first = bench.store.transaction(async (tx) => {
      gate.resolve()
      await sleep(50)
      await tx.query('SELECT 1 AS one', [])
      return 'first'
    })
    await gate.promise
    const second = bench.store.transaction(async () => 'second')
    assert.deepEqual(await bench.within('two works', Promise.all([first, second])), ['first', 'second'])
  }),

  law('a statement after the end of its transaction rejects with TX_ENDED and writes nothing', async (bench) => {
    const table = await bench.table('n BIGINT')
    const kept: Tx[] = []
    await bench.store.transaction(async (tx) => void kept.push(tx))
    await assert.rejects(
      bench.store.transaction(async (tx) => {
        kept.push(tx)
        throw new Error('mine')
      }),
    )
    await bench.store.read(async (tx) => void kept.push(tx))
    for (const tx of kept) await assert.rejects(tx.query(`INSERT INTO ${table} (n) VALUES (1)`, []), coded('TX_ENDED'))
    // Also while another work runs, in whose transaction it must not land.
    await bench.store.transaction(async (tx) => {
      await tx.query('SELECT 1 AS one', [])
      for (const old of kept) {
        await assert.rejects(old.query(`INSERT INTO ${table} (n) VALUES (1)`, []), coded('TX_ENDED'))
      }
    })
    assert.deepEqual(await numbers(bench, table), [])
  }),

  law('nothing of a rolled back work can be read, not even by the works behind it in its commit', async (bench) => {
    const table = await bench.table('n BIGINT')
    const failing = bench.store.transaction(async (tx) => {
      await tx.query(`INSERT INTO ${table} (n) VALUES (1)`, [])
      throw new Error('mine')
    })
    const behind = bench.store.transaction((tx) => tx.query(`SELECT n FROM ${table}`, []))
    await assert.rejects(failing)
    assert.deepEqual(await bench.within('the work behind', behind), [])
  }),

  law('close ends what is queued, and is idempotent', async (bench) => {
    const table = await bench.table('n BIGINT')
    const queued = Array.from({ length: 20 }, (_, n) => bench.run(`INSERT INTO ${table} (n) VALUES (?)`, n))
    const closes = [bench.store.close(), bench.store.close()]
    await bench.within('twenty works', Promise.all(queued))
    await bench.within('close', Promise.all(closes))
    await bench.store.close()
    assert.equal((await numbers(bench, table)).length, 20)
  }),

  law('after a close transaction and read reject with STORE_CLOSED', async ({ store }) => {
    await store.close()
    await assert.rejects(
      store.transaction(async () => 'ran'),
      coded('STORE_CLOSED'),
    )
    await assert.rejects(
      store.read(async () => 'ran'),
      coded('STORE_CLOSED'),
    )
  }),
]

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : error)

const coded = (code: Code) => (error: unknown) => {
  assert.ok(hasCode(error, code), `expected ${code}, got ${error}`)
  return true
}
