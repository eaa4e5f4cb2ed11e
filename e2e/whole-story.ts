/** One person's whole story on a system of its own, whatever broker carries its messages. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { startSystem } from './system.ts'
import { tellStory } from './tell-story.ts'
import { until } from './until.ts'

export async function tellWholeStory(
  t: TestContext,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const system = await startSystem(t, environment)
  t.diagnostic(system.lines.find((line) => line.includes('| ready after')) ?? '')
  const told = performance.now()
  await tellStory(system, 'anna@example.org')
  t.diagnostic(`told in ${((performance.now() - told) / 1000).toFixed(1)} s`)
  await until('both sign-ins are printed', () => system.printed().length >= 2)
  assert.equal(system.printed().length, 2)
  const mails = await system.mailbox.all()
  assert.equal(mails.length, 4, 'three codes and a notice')
}
