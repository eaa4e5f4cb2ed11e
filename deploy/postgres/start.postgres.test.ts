/** The script that runs PostgreSQL in a container, here without one: each service gets its schema, and no more. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chownSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@vestnik/service'
import { freePorts, type Guarded, guardedFolder, removeFolder, startGuarded } from '../../tools/brokers/guarded.ts'
import { command } from '../../tools/databases/postgres.ts'
import { installedPostgres } from '../../tools/databases/postgres-server.ts'

const services = ['gateway', 'users', 'films', 'mailer'] as const
const programs = installedPostgres()
const skip = programs === undefined ? 'it runs an installed server: postgresql' : false

/** Root may not run the server. */
const owner =
  process.getuid?.() === 0
    ? { uid: idOf('-u'), gid: idOf('-g') }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

function idOf(kind: '-u' | '-g'): number {
  return Number(execFileSync('id', [kind, 'nobody']))
}

async function open(t: TestContext) {
  const folder = await guardedFolder('postgres-script')
  chownSync(folder, owner.uid, owner.gid)
  const [port = 0] = await freePorts(1)
  let running: Guarded | undefined
  t.after(async () => {
    await running?.end('SIGKILL')
    removeFolder(folder)
  })
  const urlOf = (user: string, password: string, database = 'vestnik') =>
    `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
  return {
    urlOf,
    async start(password: string): Promise<Guarded> {
      const passwords = services.map((name) => [`${name.toUpperCase()}_DATABASE_PASSWORD`, `${name}-${password}`])
      const env = {
        ...Object.fromEntries(passwords),
        PGPORT: `${port}`,
        PGHOST: folder,
        PATH: `${programs}:${process.env.PATH}`,
      }
      const words = [join(import.meta.dirname, 'start.sh'), folder]
      const started = startGuarded('sh', words, { ...owner, env, cwd: folder }, 'SIGQUIT')
      running = started
      const until = performance.now() + 60_000
      while (!(await answers(urlOf('users', `users-${password}`)))) {
        if (started.hasEnded() || performance.now() > until) assert.fail(started.said())
        await sleep(50)
      }
      return started
    },
  }
}

const answers = (url: string): Promise<boolean> =>
  command(url, 'SELECT 1').then(
    () => true,
    () => false,
  )

test('each service has a schema of its own and nothing else, with the passwords of now', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const { start, urlOf } = await open(t)
  const first = await start('first')
  for (const name of services) {
    await using store = await openStore(urlOf(name, `${name}-first`), name)
    await store.transaction((tx) => tx.query('CREATE TABLE mine (n INTEGER)', []))
  }
  const mailer = urlOf('mailer', 'mailer-first')
  for (const sql of [
    'SELECT * FROM users.mine',
    'CREATE SCHEMA other',
    'CREATE TABLE public.other (n int)',
    'CREATE ROLE other',
  ]) {
    await assert.rejects(command(mailer, sql), { code: '42501' }, sql)
  }
  for (const url of [
    urlOf('mailer', 'mailer-first', 'postgres'),
    urlOf('mailer', 'users-first'),
    urlOf('postgres', 'x'),
  ]) {
    await assert.rejects(command(url, 'SELECT 1'), { code: /^28/ })
  }

  await first.end('SIGKILL')
  const second = await start('second')
  assert.equal(await answers(mailer), false)
  assert.deepEqual(await command(urlOf('mailer', 'mailer-second'), 'SELECT n FROM mailer.mine'), [])
  await second.end('SIGINT')
})
