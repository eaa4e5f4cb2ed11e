/** `npm start` itself: it ends cleanly, and says in a sentence what keeps it from starting. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePorts, freePortVariables } from '../tools/start/free-ports.ts'
import { isAlive, type System, start, startFile, startSystem, untilReady } from './system.ts'
import { until } from './until.ts'

const ways = {
  'Ctrl-C': (system: System) => system.interrupt(),
  SIGTERM: (system: System) => system.send('SIGTERM'),
}

for (const [way, end] of Object.entries(ways)) {
  test(`${way} ends all of it within seconds, with code 0`, { timeout: 60_000 }, async (t) => {
    const system = await startSystem(t)
    const before = performance.now()
    end(system)
    assert.equal(await system.ended, 0)
    assert.ok(performance.now() - before < 8000)
    assert.equal(system.pids().length, 5)
    assert.deepEqual(system.pids().filter(isAlive), [])
  })
}

test('services end by themselves when the process that started them is killed', { timeout: 60_000 }, async (t) => {
  const system = await startSystem(t)
  const pids = system.pids()
  system.send('SIGKILL')
  await until('no service is left', () => !pids.some(isAlive), 10_000)
})

test('when npm is ended by a signal, which its shell keeps to itself, all of it ends', {
  timeout: 60_000,
}, async (t) => {
  const shell = ['sh', '-c', '"$0" "$1"; exit $?', process.execPath, startFile] as const
  const ports = await freePortVariables()
  const started = start(t, { ...ports, npm_lifecycle_event: 'start' }, shell)
  await untilReady(started)
  started.send('SIGTERM')
  await started.ended
  assert.equal(started.pids().length, 5)
  assert.deepEqual(started.pids().filter(isAlive), [])
})

test('a service that dies is started again, and that is said', { timeout: 60_000 }, async (t) => {
  const system = await startSystem(t)
  const pid = system.pidOf('users')
  system.signal('users', 'SIGKILL')
  await until('it runs again', () => system.pidOf('users') !== pid)
  assert.ok(system.lines.some((line) => line.includes('users ended with SIGKILL and is started again')))
  await until(
    'it is ready again',
    async () => (await fetch(`${system.urls.users}/readyz`).catch(() => undefined))?.ok === true,
  )
})

test('a standard port that is taken gives way to the next free one, and that is said', {
  timeout: 60_000,
}, async (t) => {
  for (const port of [3101, 1025]) await listenOn(t, port)
  const { USERS_PORT: _users, MAILBOX_SMTP_PORT: _smtp, ...ports } = await freePortVariables()
  const started = start(t, ports)
  await untilReady(started)
  for (const sentence of [
    /port 3101 is taken: users listens on \d+$/,
    /port 1025 is taken: mailbox listens on \d+ \(smtp\)$/,
  ]) {
    assert.ok(
      started.lines.some((line) => sentence.test(line)),
      String(sentence),
    )
  }
})

test('it says where the gateway, the docs, the mailbox, the data and the broker are', {
  timeout: 60_000,
}, async (t) => {
  const system = await startSystem(t)
  const said = (what: string) =>
    system.lines.find((line) => line.startsWith(`start   |   ${what.padEnd(8)} `))?.slice(21)
  await until('all is said', () => said('broker') !== undefined)
  assert.equal(said('gateway'), system.url)
  assert.equal(said('docs'), `${system.url}/docs`)
  assert.equal(said('mailbox'), system.urls.mailbox)
  assert.equal(said('data'), join(system.folder, 'data'))
  assert.equal(said('broker'), `sqlite:${join(system.folder, 'data', 'broker.db')}`)
})

test('a port that was asked for and is taken is an error that names the variable', { timeout: 20_000 }, async (t) => {
  const [port = 0] = await freePorts(1)
  await listenOn(t, port)
  await assertRefused(
    t,
    { USERS_PORT: String(port) },
    new RegExp(`USERS_PORT is "${port}": another program listens there`),
  )
})

test('a wrong variable ends the start with its name, what was found and what is allowed', {
  timeout: 30_000,
}, async (t) => {
  await assertRefused(t, { GATEWAY_PORT: 'abc' }, /GATEWAY_PORT is "abc": it must be a port, from 1 to 65535/)
  await assertRefused(
    t,
    { SERVICES: 'gateway,shop' },
    /SERVICES is "gateway,shop": it must be some of gateway, users, films, mailer, mailbox/,
  )
  await assertRefused(t, { DATABASE_URL: 'sqlite:all.db' }, /DATABASE_URL is .*: it must be unset/)
  await assertRefused(t, { MESSAGE_BROKER_URL: 'ampq://x' }, /MESSAGE_BROKER_URL is "ampq:\/\/x": it must be a URL/)
})

test("a service's own wrong variable ends all of it", { timeout: 30_000 }, async (t) => {
  const ports = await freePortVariables()
  await assertRefused(t, { ...ports, USERS_URL: 'nonsense' }, /USERS_URL is "nonsense": it must be an http/)
  await assertRefused(
    t,
    { ...ports, NODE_ENV: 'production' },
    /(TOKEN_KEYS|MAIL_\w+|CODE_HMAC_KEY) is not set: .*with NODE_ENV=production|NODE_ENV is "production": the mailbox/,
  )
})

test('a data folder that cannot be written to is told in a sentence', { timeout: 20_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-e2e-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file'), '')
  await assertRefused(t, { DATA_DIR: join(folder, 'file', 'data') }, /make the folder .*file\/data/)
})

test('a second start on the same data folder is refused, though its ports would be free', {
  timeout: 60_000,
}, async (t) => {
  const { folder } = await startSystem(t)
  const again = { ...(await freePortVariables()), DATA_DIR: join(folder, 'data') }
  await assertRefused(t, again, /cannot start: DATA_DIR is ".*data": another npm start runs on it; end that one/)
})

test('a database that is no database is told in a sentence', { timeout: 20_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-e2e-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'users.db'), 'this is not a database'.repeat(1000))
  const ports = await freePortVariables()
  await assertRefused(t, { ...ports, DATA_DIR: folder }, /users cannot start: .*users\.db/)
})

async function assertRefused(t: TestContext, environment: Record<string, string>, sentence: RegExp): Promise<void> {
  const started = start(t, environment)
  assert.equal(await started.ended, 1)
  const text = started.lines.join('\n')
  assert.match(text, sentence)
  assert.doesNotMatch(text, /^\s+at .*\.ts:\d+/m, 'no stack')
  assert.deepEqual(started.pids().filter(isAlive), [])
}

async function listenOn(t: TestContext, port: number): Promise<void> {
  const server = createServer()
  // Somebody else's is as good: the port is taken then.
  server.once('error', () => {})
  server.listen(port, '127.0.0.1')
  await Promise.race([once(server, 'listening'), once(server, 'error')])
  t.after(() => void server.close())
}
