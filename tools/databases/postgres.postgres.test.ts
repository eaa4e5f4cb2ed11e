/** The PostgreSQL that tests are given: its own, on a free port, and gone without a trace. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { command, privatePostgres, scratchDatabase, sharedPostgres } from './postgres.ts'

test('a private server keeps what it held when it is killed or shut down and started again', {
  timeout: 90_000,
}, async () => {
  await using server = await privatePostgres()
  await command(server.url, 'CREATE TABLE kept (n int)')
  for (const end of [server.kill, server.shutDown]) {
    await command(server.url, 'INSERT INTO kept VALUES (1)')
    await end()
    await assert.rejects(command(server.url, 'SELECT 1'))
    await server.start()
  }
  assert.equal((await command(server.url, 'SELECT n FROM kept')).length, 2)
})

test('a frozen server answers nobody until it is thawed', { timeout: 60_000 }, async () => {
  await using server = await privatePostgres()
  const client = new Client(server.url)
  await client.connect()
  server.freeze()
  let answered = false
  const answer = client.query('SELECT 1').then(() => (answered = true))
  const stranger = new Client({ connectionString: server.url, connectionTimeoutMillis: 500 })
  await assert.rejects(stranger.connect())
  assert.equal(answered, false)
  server.thaw()
  await answer
  await client.end()
})

test('a database of a test is gone after it, whoever is still connected', { timeout: 60_000 }, async () => {
  await using server = await sharedPostgres()
  const database = await scratchDatabase(server)
  const client = new Client(database.url)
  client.on('error', () => {})
  await client.connect()
  await client.query('CREATE TABLE mine (n int)')
  await database[Symbol.asyncDispose]()
  await assert.rejects(command(database.url, 'SELECT 1'))
})

for (const state of ['running', 'frozen']) {
  test(`nothing is left when the process that started a ${state} server is killed`, { timeout: 90_000 }, async () => {
    const child = fork(new URL('killed.fixture.ts', import.meta.url), [state], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const [folder] = await once(child, 'message')
    assert.equal(existsSync(folder), true)
    assert.equal(running(folder).length > 0, true)
    child.kill('SIGKILL')
    while (running(folder).length > 0 || existsSync(folder)) await sleep(50)
  })
}

/** The processes that work in the folder. */
function running(folder: string): readonly string[] {
  return globSync('/proc/[0-9]*/cmdline').filter((path) => {
    try {
      return (
        readFileSync(path, 'utf8').includes(folder) ||
        readFileSync(path.replace('cmdline', 'environ'), 'utf8').includes(folder)
      )
    } catch {
      return false
    }
  })
}
