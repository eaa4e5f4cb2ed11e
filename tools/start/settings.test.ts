/** What npm start reads, and what it hands to each service. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Placed } from './ports.ts'
import { environmentOf, known, readSettings } from './settings.ts'

function placed(port: number): readonly Placed[] {
  return known.map((service, i) => ({
    name: service.name,
    service,
    port: port + i,
    url: `http://127.0.0.1:${port + i}`,
  }))
}

const environmentsOf = (environment: Record<string, string>) => {
  const settings = readSettings(environment)
  return placed(4000).map((one) => environmentOf(one, placed(4000), settings))
}

test('every service is run, each on its own port, and knows where the others are', () => {
  const [gateway, users] = environmentsOf({ DATA_DIR: '/data', X: 'y' })
  const shared = { DATA_DIR: '/data', MESSAGE_BROKER_URL: 'sqlite:/data/broker.db', HOST: '127.0.0.1', X: 'y' }
  const urls = { GATEWAY_URL: 'http://127.0.0.1:4000', USERS_URL: 'http://127.0.0.1:4001' }
  assert.deepEqual(gateway, { ...shared, ...urls, PORT: '4000' })
  assert.deepEqual(users, { ...shared, ...urls, PORT: '4001' })
})

test('a service gets its own database, and a users service elsewhere is kept', () => {
  const [gateway, users] = environmentsOf({ USERS_DATABASE_URL: 'sqlite:u.db', USERS_URL: 'http://users.example' })
  assert.equal(users?.DATABASE_URL, 'sqlite:u.db')
  assert.equal(gateway?.DATABASE_URL, undefined)
  assert.equal(gateway?.USERS_URL, 'http://users.example')
})

test('PORT is for a service that runs alone', () => {
  assert.equal(environmentsOf({ PORT: '9999' })[0]?.PORT, '4000')
})

test('some services may be named', () => {
  assert.deepEqual(
    readSettings({ SERVICES: 'users' }).services.map(({ name }) => name),
    ['users'],
  )
  for (const SERVICES of ['shop', 'users,users', ',', 'users gateway']) {
    assert.throws(() => readSettings({ SERVICES }), { code: 'BAD_CONFIG', message: /^SERVICES is ".*": it must be/ })
  }
})

test('one file for all databases is refused, and allowed for one service', () => {
  const environment = { DATABASE_URL: 'sqlite:all.db' }
  assert.throws(() => readSettings(environment), { code: 'BAD_CONFIG', message: /USERS_DATABASE_URL/ })
  assert.doesNotThrow(() => readSettings({ ...environment, SERVICES: 'users' }))
})
