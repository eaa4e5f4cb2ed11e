/** Laws as data: variants, deviations, needs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeLaw, keepLaw, type Law, misfits, type Suite, type Variant, variantsFor } from './law.ts'

interface Bench extends AsyncDisposable {
  readonly title: string
}

const here: Variant = { title: 'here', needs: [] }
const elsewhere: Variant = { title: 'elsewhere', needs: ['processes'] }
const law = (sentence: string, run: (bench: Bench) => Promise<void>, needs: readonly string[] = []): Law<Bench> => ({
  sentence,
  variants: [here, elsewhere],
  needs,
  run,
})
const kept = law('it is kept', async () => {})
const broken = law('it is broken', async ({ title }) => assert.notEqual(title, 'elsewhere', 'it broke'))
const noOutage = law('it comes back', async () => {}, ['outage'])

function suiteOf(laws: readonly Law<Bench>[], settings: Partial<Suite<Bench>> = {}): Suite<Bench> {
  const openBench = async ({ title }: Variant) => ({ title, async [Symbol.asyncDispose]() {} })
  return { name: 'mine', laws, openBench, offers: ['processes'], lacks: {}, deviations: {}, ...settings }
}

test('a law is broken when it is in any variant, and the error names the variant', async () => {
  await keepLaw(kept, suiteOf([kept]))
  await assert.rejects(keepLaw(broken, suiteOf([broken])), ({ message, cause }) => {
    return message === 'elsewhere: it broke' && cause instanceof assert.AssertionError
  })
})

test('a variant is tried only with what it needs', async () => {
  await keepLaw(broken, suiteOf([broken], { offers: [] }))
  assert.deepEqual(variantsFor(noOutage, suiteOf([])), [])
})

test('a deviation passes when its law is broken, and fails when it is kept', async () => {
  const deviations = { 'it is broken': 'it cannot', 'it is kept': 'I thought so' }
  const suite = suiteOf([kept, broken], { deviations })
  await judgeLaw(broken, suite)
  await assert.rejects(judgeLaw(kept, suite), /take it out of its deviations/)
})

test('a bench is cleaned up also when its law is broken, and what the law says comes first', async () => {
  let disposed = 0
  const openBench = async ({ title }: Variant) => ({
    title,
    async [Symbol.asyncDispose]() {
      disposed += 1
      throw new Error('cleaning up failed')
    },
  })
  await assert.rejects(keepLaw(kept, suiteOf([kept], { openBench })), /cleaning up failed/)
  const elsewhereOnly = { ...broken, variants: [elsewhere] }
  await assert.rejects(keepLaw(elsewhereOnly, suiteOf([broken], { openBench })), /it broke/)
  assert.equal(disposed, 2)
})

test('words that fit no law are told', () => {
  const laws = [kept, kept, noOutage]
  const suite = suiteOf(laws, { lacks: { processes: 'none', luck: 'none' }, deviations: { 'it flies': 'too heavy' } })
  assert.deepEqual(misfits(suite), [
    'two laws are called "it is kept"',
    'the deviation "it flies" names no law',
    'lacks: no law needs "luck"',
    '"processes" is both offered and lacking',
    'laws need "outage": offer it, or say in lacks why it cannot be',
  ])
  assert.deepEqual(misfits(suiteOf([kept, noOutage], { lacks: { outage: 'it never leaves' } })), [])
})
