/** Every variable is checked, and a wrong one is told with its name, what was found and what is allowed. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus'
import { readServiceConfig, readVariables, refusePlaintext } from './config.ts'
import * as fields from './fields.ts'

test('without variables everything has its default', () => {
  const dataDir = join(process.cwd(), 'data')
  assert.deepEqual(readServiceConfig('users', 3101, {}), {
    host: '127.0.0.1',
    port: 3101,
    dataDir,
    brokerUrl: `sqlite:${dataDir}/broker.db`,
    brokerRoutes: [],
    brokerOptions: { plainQueues: [], topicNames: {} },
    brokerVariable: 'MESSAGE_BROKER_URL',
    databaseUrl: `sqlite:${dataDir}/users.db`,
    production: false,
    trustProxy: [],
    rateLimits: true,
    plaintextAllowed: false,
  })
})

const wrong: readonly (readonly [name: string, found: string])[] = [
  ['PORT', 'abc'],
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '3000.5'],
  ['PORT', '-1'],
  ['HOST', 'http://here'],
  ['HOST', '300.1.1.1'],
  ['HOST', 'a b'],
  ['NODE_ENV', 'prod'],
  ['MESSAGE_BROKER_URL', 'http://localhost'],
  ['MESSAGE_BROKER_URL', 'sqlite:'],
  ['DATABASE_URL', 'mysql://localhost/x'],
  ['DATABASE_URL', 'postgres:'],
  ['TRUST_PROXY', 'yes'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '0.0.0.0/0'],
  ['TRUST_PROXY', '10.0.0.1,'],
  ['RATE_LIMITS', 'no'],
  ['ALLOW_PLAINTEXT', 'true'],
]

for (const [name, found] of wrong) {
  test(`${name}=${found} is refused in a sentence that names it`, () => {
    assert.throws(
      () => readServiceConfig('users', 3101, { [name]: found }),
      (error) => {
        assert.ok(hasCode(error, 'BAD_CONFIG'))
        assert.match(error.message, new RegExp(`^${name} is ".*": it must be .+`))
        assert.ok(error.message.includes(found))
        return true
      },
    )
  })
}

test('rates may be lifted only where nobody else can knock', () => {
  const read = (HOST: string) => readServiceConfig('users', 3101, { HOST, RATE_LIMITS: 'off' }).rateLimits
  for (const host of ['127.0.0.1', 'localhost', '::1']) assert.equal(read(host), false)
  for (const host of ['0.0.0.0', '::', '192.168.1.7', '127.example']) {
    assert.throws(() => read(host), { code: 'BAD_CONFIG', message: /^RATE_LIMITS is "off": it must be on/ })
  }
})

test('in production nothing leaves the host without TLS', () => {
  const read = (url: string, environment: Record<string, string> = {}) =>
    refusePlaintext(readServiceConfig('gateway', 3000, { NODE_ENV: 'production', ...environment }), 'USERS_URL', url)
  for (const url of ['https://users.example', 'http://127.0.0.1:3101', 'http://[::1]:3101', 'http://localhost'])
    read(url)
  assert.throws(() => read('http://users.example'), {
    code: 'BAD_CONFIG',
    message: /^USERS_URL is "http:.*ALLOW_PLAIN/,
  })
  read('http://users.example', { ALLOW_PLAINTEXT: 'yes' })
  read('http://users.example', { NODE_ENV: 'development' })
})

test('proxies are trusted by address and by network', () => {
  const read = (TRUST_PROXY: string) => readServiceConfig('users', 3101, { TRUST_PROXY }).trustProxy
  assert.deepEqual(read('127.0.0.1, ::1 ,10.0.0.0/8'), ['127.0.0.1', '::1', '10.0.0.0/8'])
})

test('a password in a URL is not shown', () => {
  assert.throws(
    () => readServiceConfig('users', 3101, { DATABASE_URL: 'mysql://me:hunter2@host/x' }),
    (error) => hasCode(error, 'BAD_CONFIG') && !error.message.includes('hunter2') && error.message.includes('***@host'),
  )
})

const wrongDatabases: readonly (readonly [rest: string, why: RegExp])[] = [
  ['me:hunter2@host', /names no database/],
  ['me:hunter2@host/shop?sslmode=require', /sslmode is "require", which verifies no certificate/],
  ['host/shop?user=me&password=hunter2', /has the parameter "user"/],
  ['me:hunter2@host/shop?sslrootcert=/no/such', /sslrootcert names \/no\/such/],
]

for (const [rest, why] of wrongDatabases) {
  test(`a database at ${rest.replaceAll('hunter2', '…')} is refused before anything is opened`, () => {
    assert.throws(
      () => readServiceConfig('users', 3101, { DATABASE_URL: `postgres://${rest}` }),
      (error) => {
        assert.ok(hasCode(error, 'BAD_CONFIG'))
        assert.match(error.message, /^DATABASE_URL is "postgres:\/\/.*\*\*\*/)
        assert.match(error.message, why)
        assert.doesNotMatch(error.message, /hunter2/)
        return true
      },
    )
  })
}

test('in production a database elsewhere is reached by TLS', () => {
  const read = (url: string, environment: Record<string, string> = {}) =>
    readServiceConfig('users', 3101, { NODE_ENV: 'production', DATABASE_URL: url, ...environment })
  for (const url of ['postgres://me@db/shop', 'postgres://me@127.0.0.1/shop', 'postgres://me@/shop?host=/run/pg'])
    read(url)
  const plain = 'postgres://me:hunter2@db/shop?sslmode=disable'
  assert.throws(() => read(plain), { code: 'BAD_CONFIG', message: /^DATABASE_URL is .*\*\*\*@db.*ALLOW_PLAINTEXT=yes/ })
  read(plain, { ALLOW_PLAINTEXT: 'yes' })
})

test('the address of a service has no path, no query and no password', () => {
  const read = (found: string) => readVariables({ URL: found }, { URL: fields.serviceUrl('http://127.0.0.1:1') }).URL
  assert.equal(read('http://localhost:3101/'), 'http://localhost:3101')
  assert.equal(read('https://users.example'), 'https://users.example')
  for (const found of ['localhost:3101', 'http://a/b', 'http://a/?b', 'http://me:secret@a', 'ftp://a', 'nonsense']) {
    assert.throws(() => read(found), { code: 'BAD_CONFIG' })
  }
})
