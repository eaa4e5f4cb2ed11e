/** Registers a suite of laws with node:test: one test for each law. Other runners use `judgeLaw` and `misfits` themselves. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judgeLaw, type Law, misfits, type Suite, type Variant, variantsFor } from './law.ts'

export function registerSuite<Bench extends AsyncDisposable, V extends Variant>(
  suite: Suite<Bench, V>,
  { timeoutMs, atOnce = 1 }: { readonly timeoutMs: number /** @default 1 */; readonly atOnce?: number },
): void {
  describe(suite.name, { concurrency: atOnce }, () => {
    test('says what it lacks and where it deviates in words that fit the laws', () => {
      assert.deepEqual(misfits(suite), [])
    })
    for (const law of suite.laws) {
      const tried = variantsFor(law, suite)
      const options = {
        timeout: timeoutMs * Math.max(1, tried.length),
        ...(tried.length === 0 && { skip: why(law, suite) }),
      }
      test(law.sentence, options, () => judgeLaw(law, suite))
    }
  })
}

/** The reasons that the suite gives for lacking what all variants of the law need. */
function why<Bench extends AsyncDisposable, V extends Variant>(law: Law<Bench, V>, suite: Suite<Bench, V>): string {
  const needs = new Set([...law.needs, ...law.variants.flatMap((variant) => variant.needs)])
  const missing = [...needs].filter((need) => !suite.offers.includes(need))
  return missing.map((need) => `${need}: ${suite.lacks[need] ?? 'not offered'}`).join('; ')
}
