/** Every variable is checked, and a wrong one is told with its name, what was found and what is allowed. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus'
import { readServiceConfig, readVariables } from './config.ts'
import * as fields from './fields.ts'

test('without variables everything has its default', () => {
  const dataDir = join(process.cwd(), 'data')
  assert.deepEqual(readServiceConfig('users', 3101, {}), {
    host: '127.0.0.1',
    port: 3101,
    dataDir,
    brokerUrl: `sqlite:${dataDir}/broker.db`,
    databaseUrl: `sqlite:${dataDir}/users.db`,
    production: false,
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

test('a password in a URL is not shown', () => {
  assert.throws(
    () => readServiceConfig('users', 3101, { DATABASE_URL: 'mysql://me:hunter2@host/x' }),
    (error) => hasCode(error, 'BAD_CONFIG') && !error.message.includes('hunter2') && error.message.includes('***@host'),
  )
})

test('the address of a service has no path, no query and no password', () => {
  const read = (found: string) => readVariables({ URL: found }, { URL: fields.serviceUrl('http://127.0.0.1:1') }).URL
  assert.equal(read('http://localhost:3101/'), 'http://localhost:3101')
  assert.equal(read('https://users.example'), 'https://users.example')
  for (const found of ['localhost:3101', 'http://a/b', 'http://a/?b', 'http://me:secret@a', 'ftp://a', 'nonsense']) {
    assert.throws(() => read(found), { code: 'BAD_CONFIG' })
  }
})
