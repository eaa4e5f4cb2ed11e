/** The whole story, with real processes, over HTTP and SMTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSystem } from './system.ts'
import { tellStory } from './tell-story.ts'

test('a person signs up, confirms the address, signs in, rents, signs out, and sets a new password', {
  timeout: 60_000,
}, async (t) => {
  const system = await startSystem(t)
  t.diagnostic(system.lines.find((line) => line.includes('| ready after')) ?? '')
  await tellStory(system, 'anna@example.org')
  assert.equal(system.printed().length, 2)
  const mails = await system.mailbox.all()
  assert.equal(mails.length, 4, 'three codes and a notice')
})
