/** One service by itself, as `npm run start:users` runs it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { sessions, users } from '@vestnik/api'
import { ask } from '../tools/client/ask.ts'
import { freePorts } from '../tools/start/free-ports.ts'
import { until } from './until.ts'

const anna = { email: 'anna@example.org', password: 'correct horse' }

function runUsers(t: TestContext, environment: Readonly<Record<string, string>>, file = '') {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-e2e-'))
  if (file !== '') writeFileSync(join(folder, '.env'), file)
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'services', 'users', 'main.ts')], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (some) => (text.out += some))
  child.stderr.on('data', (some) => (text.err += some))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true })
  })
  return { child, text, ended, folder }
}

test('it serves, logs JSON to standard error only, and ends with code 0', { timeout: 30_000 }, async (t) => {
  const [port] = await freePorts(1)
  const { child, text, ended } = runUsers(t, {}, `PORT=${port}\nHOST=127.0.0.1\n`)
  const origin = `http://127.0.0.1:${port}`
  await until('it is ready', async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok === true)
  await ask(origin, users.signUp, { body: anna })
  // Nobody mails the code that would confirm the address.
  await assert.rejects(ask(origin, sessions.signIn, { body: anna }), { status: 401 })
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
  assert.equal(text.out, '')
  const entries = text.err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.ok(entries.every((entry) => entry.service === 'users' && typeof entry.time === 'string'))
  assert.ok(entries.some((entry) => entry.msg === 'stopped'))
  assert.doesNotMatch(text.err, /correct horse|anna@/)
})

test('a taken port is told in a sentence', { timeout: 30_000 }, async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const { text, ended } = runUsers(t, { PORT: String(address.port) })
  assert.equal(await ended, 2)
  assert.match(
    text.err,
    new RegExp(`users cannot start: PORT is "${address.port}", HOST is "127.0.0.1": another program`),
  )
  assert.doesNotMatch(text.err, /\.ts:\d+/)
})

test('a wrong line of the .env file is told like any other', { timeout: 30_000 }, async (t) => {
  const { text, ended } = runUsers(t, {}, 'PORT=http\n')
  assert.equal(await ended, 2)
  assert.equal(text.err, 'users cannot start: PORT is "http": it must be a port, from 1 to 65535\n')
})
