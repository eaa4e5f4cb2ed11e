/** Whatever keeps a service from starting is told in one sentence, by the name of the variable or the file, without a stack. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { ServiceName } from './system.ts'

interface Case {
  readonly what: string
  /** Makes what the variables name, in a folder of the case's own. */
  readonly prepare?: (folder: string) => void
  readonly variables: (folder: string) => Readonly<Record<string, string>>
  /** What follows "cannot start: ". */
  readonly sentence: RegExp
}

const services: readonly ServiceName[] = ['gateway', 'users', 'films', 'mailer', 'mailbox']

const garbage = 'this is no database'.repeat(1000)

/** What each of them can meet. */
function casesOf(service: ServiceName, taken: string): readonly Case[] {
  const port = service === 'mailbox' ? 'MAILBOX_PORT' : 'PORT'
  const file = (folder: string) => join(folder, 'data', `${service}.db`)
  return [
    {
      what: 'a port that is none',
      variables: () => ({ [port]: '70000' }),
      sentence: new RegExp(`^${port} is "70000": it must be a port, from 1 to 65535$`),
    },
    {
      what: 'a taken port',
      variables: () => ({ [port]: taken }),
      sentence: new RegExp(`^${port} is "${taken}", HOST is "127.0.0.1": another program listens there`),
    },
    {
      what: 'a host that is none',
      variables: () => ({ HOST: 'no host' }),
      sentence: /^HOST is "no host": it must be an address or a name of this machine/,
    },
    {
      what: 'an address that this machine has not',
      variables: () => ({ HOST: '192.0.2.1', [port]: taken, MAIL_HOST: 'localhost', MAIL_FROM: 'x@example.org' }),
      sentence: /^\w*PORT is "\d+", HOST is "192\.0\.2\.1": this machine has no such address$/,
    },
    {
      what: 'a data folder that is a file',
      prepare: (folder) => writeFileSync(join(folder, 'file'), ''),
      variables: (folder) => ({ DATA_DIR: join(folder, 'file', 'data') }),
      sentence: /file.data/,
    },
    {
      what: 'a database that is none',
      prepare: (folder) => writeFileSync(file(folder), garbage),
      variables: () => ({}),
      sentence: new RegExp(`${service}\\.db`),
    },
    {
      what: 'a database that is a folder',
      prepare: (folder) => mkdirSync(file(folder)),
      variables: () => ({}),
      sentence: new RegExp(`${service}\\.db`),
    },
    {
      what: 'a database of a newer version',
      prepare: (folder) => {
        using database = new DatabaseSync(file(folder))
        database.exec('CREATE TABLE vestnik_schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL)')
        database.prepare('INSERT INTO vestnik_schema VALUES (?, 999)').run(service)
        // The mailer has no tables but those of its messages.
        database.exec('CREATE TABLE vestnik_version (version INTEGER NOT NULL)')
        database.exec('INSERT INTO vestnik_version VALUES (999)')
      },
      variables: () => ({}),
      sentence: /version 999, this \w+ knows/,
    },
    {
      what: 'a .env that cannot be read',
      prepare: (folder) => mkdirSync(join(folder, '.env')),
      variables: () => ({}),
      sentence: /^\.env cannot be read/,
    },
  ]
}

/** Of those that talk to others. */
const brokenBroker: Case = {
  what: 'a broker that is none',
  prepare: (folder) => writeFileSync(join(folder, 'data', 'broker.db'), garbage),
  variables: () => ({}),
  sentence: /broker\.db/,
}

/** Read by one function for all of them. */
const shared: readonly Case[] = [
  {
    what: "a broker's URL that is none",
    variables: () => ({ MESSAGE_BROKER_URL: 'mongodb://user:secret@host' }),
    sentence: /^MESSAGE_BROKER_URL is "mongodb:\/\/\*\*\*@host": it must be a URL that begins with /,
  },
  {
    what: "a database's URL that is none",
    variables: () => ({ DATABASE_URL: 'mysql://user:secret@host' }),
    sentence: /^DATABASE_URL is "mysql:\/\/\*\*\*@host": it must be a URL that begins with /,
  },
  {
    what: 'limits that are neither on nor off',
    variables: () => ({ RATE_LIMITS: 'maybe' }),
    sentence: /^RATE_LIMITS is "maybe": it must be one of on, off$/,
  },
  {
    what: 'no limits where everybody may ask',
    variables: () => ({ RATE_LIMITS: 'off', HOST: '0.0.0.0' }),
    sentence: /^RATE_LIMITS is "off": it must be on, as HOST is "0\.0\.0\.0"/,
  },
  {
    what: 'a proxy that is everybody',
    variables: () => ({ TRUST_PROXY: '0.0.0.0/0' }),
    sentence: /^TRUST_PROXY is "0\.0\.0\.0\/0": it must be addresses or networks/,
  },
  {
    what: 'an environment that nobody knows',
    variables: () => ({ NODE_ENV: 'prod' }),
    sentence: /^NODE_ENV is "prod": it must be one of development, test, production$/,
  },
]

const keyFile = (variable: string): readonly Case[] => [
  {
    what: `a file of ${variable} that is not there`,
    variables: (folder) => ({ [variable]: join(folder, 'nothing') }),
    sentence: new RegExp(`^${variable} is ".*nothing": `),
  },
  {
    what: `a file of ${variable} that holds something else`,
    prepare: (folder) => writeFileSync(join(folder, 'keys.json'), '{"secret":"sesame"}'),
    variables: (folder) => ({ [variable]: join(folder, 'keys.json') }),
    sentence: new RegExp(`^${variable} is ".*keys.json": `),
  },
]

const wrong = (variable: string, value: string, sentence: string): Case => ({
  what: `${variable} that is ${JSON.stringify(value)}`,
  variables: () => ({ [variable]: value }),
  sentence: new RegExp(
    `^${variable} is ${JSON.stringify(value).replace(/[[\]().*+?]/g, '\\$&')}: it must be ${sentence}`,
  ),
})

const special: Readonly<Record<ServiceName, readonly Case[]>> = {
  gateway: [
    brokenBroker,
    ...shared,
    wrong('USERS_URL', 'ftp://x', 'an http:// or https:// address'),
    wrong('FILMS_URL', 'http://x/path', 'an http:// or https:// address'),
  ],
  users: [brokenBroker, ...['TOKEN_KEYS', 'MAIL_PUBLIC_KEY', 'CODE_HMAC_KEY'].flatMap(keyFile)],
  films: [brokenBroker, wrong('USERS_URL', 'x', 'an http:// or https:// address')],
  mailer: [
    brokenBroker,
    ...keyFile('MAIL_PRIVATE_KEY'),
    wrong('MAIL_HOST', 'a b', 'the name or the address of a mail server'),
    wrong('MAIL_PORT', 'smtp', 'a port, from 1 to 65535'),
    wrong('MAIL_FROM', 'x@y@z', 'one e-mail address'),
    wrong('MAIL_CA', '/nothing.pem', 'the path of a PEM file'),
  ],
  mailbox: [wrong('MAILBOX_SMTP_PORT', '0', 'a port, from 1 to 65535'), wrong('NODE_ENV', 'x', 'one of development')],
}

for (const service of services) {
  test(`${service} says in a sentence what keeps it from starting`, { timeout: 120_000 }, async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => void server.close())
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const cases = [...casesOf(service, String(address.port)), ...special[service]]
    const rest = cases.values()
    const oneByOne = async () => {
      for (const one of rest) await t.test(one.what, (each) => assertTold(each, service, one))
    }
    await Promise.all([oneByOne(), oneByOne(), oneByOne()])
  })
}

async function assertTold(t: TestContext, service: ServiceName, { prepare, variables, sentence }: Case): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-e2e-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'data'))
  prepare?.(folder)
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'services', service, 'main.ts')], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...variables(folder) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const text = { out: '', err: '' }
  child.stdout.on('data', (some) => (text.out += some))
  child.stderr.on('data', (some) => (text.err += some))
  const [code] = await once(child, 'close')
  clearTimeout(late)
  assert.equal(code, 2, text.err)
  assert.equal(text.out, '')
  const lines = text.err.trimEnd().split('\n')
  const [told = '', ...more] = lines.filter((line) => !line.startsWith('{"level":"info"'))
  assert.deepEqual(more, [])
  assert.ok(told.startsWith(`${service} cannot start: `), told)
  assert.match(told.slice(`${service} cannot start: `.length), sentence)
  assert.doesNotMatch(told, /\.ts:\d|node_modules|\bat .*\(|sesame|user:secret/)
}
