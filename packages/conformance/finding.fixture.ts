/** Whether a law finds a fault. */
import assert from 'node:assert/strict'
import { keepLaw, type Suite, type Variant } from './law.ts'

/** A machine that stands still can hide a fault that is told by its times; not so often in a row. */
const tries = 5

/** The law of this sentence fails in the suite, and not for a mistake in the fault itself. */
export async function assertFound<Bench extends AsyncDisposable, V extends Variant>(
  sentence: string,
  suite: Suite<Bench, V>,
): Promise<void> {
  const law = suite.laws.find((it) => it.sentence === sentence)
  assert.ok(law, `no law "${sentence}"`)
  const mistakes = [TypeError, ReferenceError]
  for (let i = 0; i < tries; i += 1) {
    const found: Error | undefined = await keepLaw(law, suite).then(
      () => undefined,
      (error: Error) => error,
    )
    assert.ok(!mistakes.some((kind) => found?.cause instanceof kind), found)
    if (found) return
  }
  assert.fail(`not found in ${tries} tries: ${sentence}`)
}
