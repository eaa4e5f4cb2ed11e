/** Laws of values: what is bound comes back as it was, and what would silently become something else is refused. */
import assert from 'node:assert/strict'
import type { SqlValue } from '@vestnik/bus'
import { hasCode } from '@vestnik/bus/errors'
import { numbers } from './commits.ts'
import { law, type StoreBench, type StoreLaw } from './store-bench.ts'

export const values: readonly StoreLaw[] = [
  law('text comes back as it was bound', async (bench) => {
    const texts = ['', 'plain', 'Ваш код: 123456', '🔑 \' " ? $1 \\ %', 'two\nlines\r\n\ttab', 'x'.repeat(200_000)]
    await assertRoundTrip(bench, 'TEXT', texts)
  }),

  law('whole numbers come back as numbers while they are safe, as bigints above', async (bench) => {
    const safe = [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
    await assertRoundTrip(bench, 'BIGINT', safe)
    await assertRoundTrip(bench, 'BIGINT', [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)])
    await assertRoundTrip(bench, 'BIGINT', [5n], [5])
  }),

  law('a whole number in a text column is written without a point', async (bench) => {
    const table = await bench.table('v TEXT')
    await bench.run(`INSERT INTO ${table} (v) VALUES (?)`, '5')
    await bench.run(`UPDATE ${table} SET v = v || ?`, 5)
    assert.deepEqual(await bench.run(`SELECT v FROM ${table}`), [{ v: '55' }])
  }),

  law('fractions come back as they were bound', async (bench) => {
    await assertRoundTrip(bench, 'DOUBLE PRECISION', [0.1, -2.5, 1e300, Number.MIN_VALUE, Math.PI])
  }),

  law('bytes come back as they were bound', async (bench) => {
    const table = await bench.table('id BIGINT, v bytes')
    const bodies = [new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, i) => i), new Uint8Array(300_000).fill(255)]
    for (const [id, body] of bodies.entries()) await bench.run(`INSERT INTO ${table} (id, v) VALUES (?, ?)`, id, body)
    const rows = await bench.run(`SELECT v FROM ${table} ORDER BY id`)
    for (const [id, body] of bodies.entries()) {
      const v = rows[id]?.v
      assert.ok(v instanceof Uint8Array)
      assert.ok(Buffer.from(body).equals(v), `bytes ${id}`)
    }
  }),

  law('null comes back as null', async (bench) => {
    await assertRoundTrip(bench, 'TEXT', [null])
    await assertRoundTrip(bench, 'BIGINT', [null])
  }),

  law('what is no value of SQL is refused with SQL_VALUE and nothing is written', async (bench) => {
    const table = await bench.table('n BIGINT, v TEXT')
    const wrong: readonly unknown[] = [
      undefined,
      Number.NaN,
      Infinity,
      true,
      false,
      new Date(0),
      {},
      ['a'],
      Symbol('s'),
    ]
    for (const value of wrong) {
      const work = bench.run(`INSERT INTO ${table} (n, v) VALUES (1, ?)`, value as SqlValue)
      await assert.rejects(bench.within('the work', work), (error) => {
        assert.ok(hasCode(error, 'SQL_VALUE'), `${String(value)}: expected SQL_VALUE, got ${error}`)
        return true
      })
    }
    assert.deepEqual(await numbers(bench, table), [])
  }),

  law('a missing value is refused and nothing is written', async (bench) => {
    const table = await bench.table('n BIGINT, v TEXT')
    await assert.rejects(bench.run(`INSERT INTO ${table} (n, v) VALUES (?, ?)`, 1))
    assert.deepEqual(await numbers(bench, table), [])
  }),

  law('a statement answers its rows, those of RETURNING included, else none', async (bench) => {
    const table = await bench.table('n BIGINT, v TEXT')
    assert.deepEqual(await bench.run(`INSERT INTO ${table} (n, v) VALUES (1, 'a'), (2, 'b')`), [])
    assert.deepEqual(await bench.run(`UPDATE ${table} SET v = 'c' WHERE n = 2 RETURNING n, v`), [{ n: 2, v: 'c' }])
    assert.deepEqual(await bench.run(`SELECT v FROM ${table} WHERE n = ?`, 3), [])
    const inserted = await bench.run(`INSERT INTO ${table} (n) VALUES (3) ON CONFLICT DO NOTHING RETURNING n`)
    assert.deepEqual(inserted, [{ n: 3 }])
  }),
]

async function assertRoundTrip(
  bench: StoreBench,
  type: string,
  bound: readonly SqlValue[],
  expected: readonly SqlValue[] = bound,
): Promise<void> {
  const table = await bench.table(`id BIGINT, v ${type}`)
  for (const [id, value] of bound.entries()) await bench.run(`INSERT INTO ${table} (id, v) VALUES (?, ?)`, id, value)
  const rows = await bench.run(`SELECT v FROM ${table} ORDER BY id`)
  assert.deepEqual(
    rows.map(({ v }) => v),
    expected,
  )
}
