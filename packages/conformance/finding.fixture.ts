/** Whether a law finds a fault. */
import assert from 'node:assert/strict'
import { keepLaw, type Suite, type Variant } from './law.ts'

/** The law of this sentence fails in the suite, and not for a mistake in the fault itself. */
export async function assertFound<Bench extends AsyncDisposable, V extends Variant>(
  sentence: string,
  suite: Suite<Bench, V>,
): Promise<void> {
  const law = suite.laws.find((it) => it.sentence === sentence)
  assert.ok(law, `no law "${sentence}"`)
  const mistakes = [TypeError, ReferenceError]
  await assert.rejects(keepLaw(law, suite), ({ cause }) => !mistakes.some((kind) => cause instanceof kind), sentence)
}
