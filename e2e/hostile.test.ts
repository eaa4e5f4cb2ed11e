/** Everything that no honest client sends, to the real system: nothing of it gets in, and honest people notice nothing. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { logins, rentals, sessions, users } from '@vestnik/api'
import { ask } from '../tools/client/ask.ts'
import { hostileRows } from './hostile/index.ts'
import { gatherFacts, secretsOf } from './hostile/people.ts'
import type { Facts, Row, Sent } from './hostile/row.ts'
import { type Said, say } from './hostile/wire.ts'
import { type System, startSystem } from './system.ts'
import { tellStory } from './tell-story.ts'
import { until } from './until.ts'

test('nobody gets in, and honest people notice nothing', { timeout: 180_000 }, async (t) => {
  const system = await startSystem(t, { RATE_LIMITS: 'off' })
  const facts = await gatherFacts(system)
  await until('all is mailed', async () => (await system.mailbox.all()).length === 4)
  await until('all is printed', () => system.printed().length === 2)
  const before = await system.mailbox.all()
  const secrets = secretsOf(facts)

  for (const row of Object.values(hostileRows).flat()) {
    await t.test(`nobody gets in ${row.what}`, () => assertRefused(system, row, facts, secrets))
  }

  await t.test('nobody was mailed anything, and nothing was printed or logged of it', async () => {
    assert.deepEqual(await system.mailbox.all(), before)
    assert.equal(system.printed().length, 2)
    const noise = system.lines.filter((line) => /error|fatal|warn/i.test(line.slice(10, 20)))
    assert.deepEqual(noise, [])
  })

  await t.test(
    'whoever was attacked still has their account, their session, their sign-in and their code',
    async () => {
      const { anna } = facts
      const { token } = anna
      assert.equal((await ask(system.url, users.ownAccount, { token })).email, anna.email)
      assert.equal((await ask(system.url, logins.listLogins, { token })).total, 1)
      const { code } = await system.mailbox.nextCode(anna.email)
      await ask(system.url, rentals.confirmRental, { params: { id: anna.rentalId }, body: { code }, token })
      await ask(system.url, sessions.refreshSession, { body: { refreshToken: anna.refreshToken } })
    },
  )

  await t.test('somebody new does the whole story', async () => {
    await tellStory(system, 'clara@example.org')
  })

  await t.test('what the services wrote is for their user alone', () => {
    const data = join(system.folder, 'data')
    const open = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(
      (file) => (statSync(join(data, file)).mode & 0o077) !== 0,
    )
    assert.deepEqual(open, [])
  })
})

test('docs/security.md says how many cases there are, and where', () => {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'security.md'), 'utf8')
  for (const [name, rows] of Object.entries(hostileRows)) {
    assert.ok(page.includes(`| ${rows.length} in [${name}](../e2e/hostile/${name}.ts) |`), `${rows.length} in ${name}`)
  }
  const all = Object.values(hostileRows).flat()
  assert.ok(page.includes(`After all ${all.length} cases`), `${all.length} cases`)
  assert.equal(new Set(all.map(({ what }) => what)).size, all.length, 'each stands once')
})

const atOnce = 16

async function assertRefused(system: System, row: Row, facts: Facts, secrets: readonly string[]): Promise<void> {
  const sends = row.sends(facts)
  assert.ok(sends.length > 0)
  for (let at = 0; at < sends.length; at += atOnce) {
    await Promise.all(
      sends.slice(at, at + atOnce).map(async (sent) => {
        const said = await say(Number(new URL(system.urls[sent.to]).port), sent.bytes)
        assertProblem(said, row, sent)
        for (const secret of secrets) assert.ok(!said.text.includes(secret), `a secret: ${shown(sent, said)}`)
      }),
    )
  }
}

/** Of the machine, the database, the program. */
const inside = /\bat .+[:(]\d+|node_modules|node:|\.ts\b|\/work\/|\/tmp\/|SELECT |INSERT |UPDATE |sqlite|Error:/i

/** One answer, which is a problem in our words, and names the field where one is at fault. */
function assertProblem(said: Said, { statuses }: Row, sent: Sent): void {
  const [status = 0, ...more] = said.statuses
  assert.ok(statuses.includes(status), shown(sent, said))
  assert.deepEqual(more, [], shown(sent, said))
  if (/^HEAD/.test(String(sent.bytes))) return
  assert.match(said.headers['content-type'] ?? '', /^application\/problem\+json/, shown(sent, said))
  const problem = JSON.parse(said.body)
  assert.equal(problem.status, status)
  assert.ok(problem.title.length > 0 && problem.detail.length > 0)
  assert.doesNotMatch(said.text, inside, shown(sent, said))
  if (sent.field === undefined) return
  const fields = (problem.errors ?? []).map(({ field }: { readonly field: string }) => field)
  assert.deepEqual(fields, [sent.field], shown(sent, said))
}

function shown({ to, bytes }: Sent, { text }: Said): string {
  return `to ${to}: ${JSON.stringify(bytes.toString('latin1').slice(0, 600))}\n  said: ${JSON.stringify(text.slice(0, 800))}`
}
