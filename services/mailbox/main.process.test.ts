/** The mailbox as a process: its variables, what it keeps, and how it ends. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePorts } from '../../tools/start/free-ports.ts'
import { runMailbox, scratch, startMailbox } from './mailbox-process.fixture.ts'

test('what it has taken is there after it was killed', { timeout: 60_000 }, async (t) => {
  const first = await runMailbox(t)
  for (const code of ['111111', '222222']) await first.send(code)
  first.child.kill('SIGKILL')
  await first.ended
  const second = await runMailbox(t, first)
  assert.equal(await second.total(), 2)
  await second.send('333333')
  assert.equal(await second.total(), 3)
})

test('it ends with code 0 while a page is open and a mailer is connected', { timeout: 60_000 }, async (t) => {
  const { child, ended, text, origin, send } = await runMailbox(t)
  await send('987654')
  const page = await fetch(`${origin}/events`)
  await page.body?.getReader().read()
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
  assert.match(text.err, /"msg":"stopped"/)
  assert.equal(text.out, '')
  assert.doesNotMatch(text.err, /987654|anna@|одноразовый/)
})

test('a page is told when a mail has come', { timeout: 60_000 }, async (t) => {
  const { origin, send } = await runMailbox(t)
  const reader = (await fetch(`${origin}/events`)).body?.pipeThrough(new TextDecoderStream()).getReader()
  await send('123456')
  let told = ''
  while (!told.includes('event: change')) told += (await reader?.read())?.value ?? assert.fail('it ended')
  assert.doesNotMatch(told, /123456/)
  await reader?.cancel()
})

test('production is refused, with the reason', { timeout: 30_000 }, async (t) => {
  const { text, ended } = startMailbox(t, scratch(t), { NODE_ENV: 'production' })
  assert.equal(await ended, 2)
  assert.match(text.err, /^mailbox cannot start: NODE_ENV is "production": .* shows every code .* MAIL_HOST/)
})

for (const variable of ['MAILBOX_PORT', 'MAILBOX_SMTP_PORT']) {
  test(`a taken ${variable} is told in a sentence`, { timeout: 30_000 }, async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => void server.close())
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const [one, other] = (await freePorts(2)) as [number, number]
    const free = { MAILBOX_PORT: String(one), MAILBOX_SMTP_PORT: String(other) }
    const { text, ended } = startMailbox(t, scratch(t), { ...free, [variable]: String(address.port) })
    assert.equal(await ended, 2)
    assert.match(text.err, new RegExp(`mailbox cannot start: ${variable} is "${address.port}", .*: another program`))
    assert.doesNotMatch(text.err, /\.ts:\d+/)
  })
}

test('a database that is none is told in a sentence', { timeout: 30_000 }, async (t) => {
  const folder = scratch(t)
  writeFileSync(join(folder, 'mailbox.db'), 'this is no database, but long enough to be taken for one'.repeat(100))
  const { text, ended } = startMailbox(t, folder, {})
  assert.equal(await ended, 2)
  assert.match(text.err, /^mailbox cannot start: .*mailbox\.db/)
})
