/** Mail over one broker and everything else over another: the story is the same, and neither holds up the other. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { users } from '@vestnik/api'
import { ask } from '../tools/client/ask.ts'
import { signIn, tryLogins } from './person.ts'
import { startSystem } from './system.ts'
import { tellStory } from './tell-story.ts'
import { until } from './until.ts'

const limitMs = 60_000

test('what one broker cannot take waits, and what goes over the other does not', { timeout: 240_000 }, async (t) => {
  const brokers = brokersOf(t)
  const system = await startSystem(t, brokers.variables)
  const { url, mailbox } = system
  await until('all is said', () => system.lines.some((line) => line.includes('Ctrl-C ends all of it')))
  const shown = system.lines.flatMap((line) => /^start +\| +broker +(.*)$/.exec(line)?.[1] ?? [])
  assert.deepEqual(shown, [`sqlite:${brokers.rest}`, `sqlite:${brokers.mails} for mail.*`])
  const email = 'anna@example.org'
  await tellStory(system, email)
  const password = `второй 'пароль' % battery staple ${email}`
  const before = (await mailbox.all()).length
  const token = await signIn(url, { email, password })
  const listed = (count: number) => async () => (await tryLogins(url, token))?.length === count
  await until('the sign-in is listed', listed(3), limitMs)

  const takeMails = lock(brokers.mails)
  await ask(url, users.askPasswordReset, { body: { email } })
  await signIn(url, { email, password })
  await until('a sign-in is listed while no mail can be taken', listed(4), limitMs)
  assert.equal((await mailbox.all()).length, before)
  takeMails()
  await until('the mail comes', async () => (await mailbox.all()).length === before + 1, limitMs)

  const takeRest = lock(brokers.rest)
  await signIn(url, { email, password })
  await ask(url, users.askPasswordReset, { body: { email } })
  await until(
    'a mail comes while nothing else can be taken',
    async () => (await mailbox.all()).length === before + 2,
    limitMs,
  )
  assert.equal((await tryLogins(url, token))?.length, 4)
  takeRest()
  await until('the sign-in is listed, too', listed(5), limitMs)
})

function brokersOf(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-routes-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [rest, mails] = [join(folder, 'rest.db'), join(folder, 'mails.db')]
  const variables = { MESSAGE_BROKER_URL: `sqlite:${rest}`, MESSAGE_BROKER_ROUTES: `mail.*=sqlite:${mails}` }
  return { rest, mails, variables }
}

/** Keeps everybody from writing to the file, as a broker that does not answer would, until the answer is called. */
function lock(file: string): () => void {
  const database = new DatabaseSync(file, { timeout: 10_000 })
  database.exec('BEGIN IMMEDIATE')
  return () => database.close()
}
