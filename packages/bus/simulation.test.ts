import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from './test/simulate.ts'

const seeds = Number(process.env.VESTNIK_SEEDS ?? 12)
const first = Number(process.env.VESTNIK_SEED ?? 1)

for (let seed = first; seed < first + seeds; seed += 1) {
  test(`every promise is kept in a simulated run with faults (seed ${seed})`, { timeout: 60_000 }, async () => {
    const run = await simulate(seed)
    assert.deepEqual(run.broken, [], `seed ${seed}, ${JSON.stringify(run.setting)}, ${run.kills} kills`)
  })
}
