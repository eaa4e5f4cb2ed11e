import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutants } from './index.ts'
import { type Judgement, judge } from './judge.ts'

const judgements = new Map(mutants.map(({ name }) => [name, Promise.withResolvers<Judgement>()]))
judge(mutants, (judgement) => judgements.get(judgement.mutant.name)?.resolve(judgement))

test('no two mutants have one name', () => assert.equal(judgements.size, mutants.length))

for (const { name, rule } of mutants) {
  test(`without it a test fails: ${rule} (${name})`, async (t) => {
    const judgement = await judgements.get(name)?.promise
    assert.ok(judgement?.end === 'killed' || judgement?.end === 'timeout', `${judgement?.end}: ${judgement?.why}`)
    t.diagnostic(`${judgement.end}: ${judgement.why}`)
  })
}
