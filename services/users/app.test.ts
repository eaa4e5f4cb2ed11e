/** The users service over HTTP, on a store and a broker in memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBus } from '@vestnik/bus'
import { type UserLoggedIn, userLoggedIn } from '@vestnik/contracts'
import { healthOf, migrate, tokenLifeSeconds, verifierOf } from '@vestnik/service'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { memoryTransport } from '@vestnik/testing'
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, generateKeyPair } from 'jose'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { migrations } from './store/migrations.ts'
import type { TokenKeys } from './token-keys.ts'

const cost = { memoryKiB: 64, passes: 1, lanes: 1 }
const keys = await makeKeys()
const anna = { email: 'anna@example.org', password: 'correct horse' }

async function makeKeys(): Promise<TokenKeys> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const published = { ...(await exportJWK(publicKey)), alg: 'EdDSA', use: 'sig' }
  const kid = await calculateJwkThumbprint(published)
  return { signing: { kid, privateKey }, published: { keys: [{ ...published, kid }] } }
}

async function open(t: { after(work: () => Promise<void>): void }, given?: Passwords) {
  const store = await openSqliteStore(':memory:')
  await migrate(store, 'users', migrations)
  const transport = memoryTransport()
  const logins: UserLoggedIn[] = []
  const bus = await openBus({ service: 'users', store, transport, publishes: [userLoggedIn], log: () => {} })
  const read = async ({ body }: { body: Uint8Array }) => void logins.push(JSON.parse(Buffer.from(body).toString()))
  await transport.subscribe({ topic: userLoggedIn.topic, name: 'gateway', concurrency: 1, order: 'key' }, read)
  const passwords = given ?? createPasswords({ cost, atOnce: 2 })
  const log = pino({ level: 'silent' })
  const http = createApp({ store, bus, passwords, keys, now: Date.now }, { log, health: healthOf(store, transport) })
  t.after(async () => {
    await http.close()
    await bus.close()
    await transport.close()
    await store.close()
  })
  const post = (url: string, payload: object) => http.inject({ method: 'POST', url, payload })
  return { http, post, bus, store, logins }
}

test('signing up answers the account, and the address in lower case', async (t) => {
  const { post } = await open(t)
  const answer = await post('/users', { ...anna, email: 'Anna@Example.org', name: ' Anna ' })
  assert.equal(answer.statusCode, 201)
  assert.deepEqual(answer.json(), { id: 1, email: 'anna@example.org', name: 'Anna', emailConfirmed: false })
})

test('a taken address is answered like a free one, with an id that nobody gets', async (t) => {
  const { post, store } = await open(t)
  await post('/users', anna)
  const again = await post('/users', { email: 'ANNA@example.org', password: 'another horse' })
  assert.equal(again.statusCode, 201)
  assert.deepEqual(again.json(), { id: 2, email: 'anna@example.org', name: null, emailConfirmed: false })
  const other = await post('/users', { email: 'boris@example.org', password: 'correct horse' })
  assert.equal(other.json().id, 3)
  assert.equal((await post('/sessions', { ...anna, password: 'another horse' })).statusCode, 401)
  assert.equal((await post('/sessions', anna)).statusCode, 200)
  const rows = await store.read((tx) => tx.query('SELECT id FROM users ORDER BY id', []))
  assert.deepEqual(
    rows.map((row) => row.id),
    [1, 3],
  )
})

test('many sign-ups with one address at once make one account, and each gets an id of its own', async (t) => {
  const { post, store } = await open(t)
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('/users', anna)))
  assert.equal(new Set(answers.map((answer) => answer.json().id)).size, 20)
  assert.equal((await store.read((tx) => tx.query('SELECT id FROM users', []))).length, 1)
})

test('signing in answers a token that our keys verify, and tells of it once', async (t) => {
  const { http, post, bus, logins } = await open(t)
  await post('/users', anna)
  const before = Date.now()
  const answer = await post('/sessions', anna)
  assert.equal(answer.statusCode, 200)
  const { accessToken, refreshToken, ...rest } = answer.json()
  assert.deepEqual(rest, { tokenType: 'Bearer', expiresIn: tokenLifeSeconds })
  assert.match(refreshToken, /^[A-Za-z0-9_-]{43}$/)

  const verify = verifierOf(createLocalJWKSet((await http.inject('/.well-known/jwks.json')).json()))
  assert.equal((await verify(`Bearer ${accessToken}`)).userId, 1)

  await bus.settled()
  assert.equal(logins.length, 1)
  assert.deepEqual(Object.keys(logins[0] ?? {}), ['userId', 'timestamp'])
  assert.equal(logins[0]?.userId, 1)
  const told = Date.parse(logins[0]?.timestamp ?? '')
  assert.ok(told >= before && told <= Date.now())
})

test('no token and no password stands in the database as it was given', async (t) => {
  const { post, store } = await open(t)
  await post('/users', anna)
  const { accessToken, refreshToken } = (await post('/sessions', anna)).json()
  const tables = await store.read((tx) => tx.query("SELECT name FROM sqlite_schema WHERE type = 'table'", []))
  for (const { name } of tables) {
    const rows = await store.read((tx) => tx.query(`SELECT * FROM "${name}"`, []))
    const text = rows
      .flatMap((row) => Object.values(row))
      .map((value) => Buffer.from(value instanceof Uint8Array ? value : String(value)).toString('latin1'))
    for (const secret of [accessToken, refreshToken, anna.password]) assert.ok(!text.join('\n').includes(secret))
  }
})

test('an unknown address and a wrong password are answered alike, after the same work', async (t) => {
  const work: (string | undefined)[] = []
  const real = createPasswords({ cost, atOnce: 2 })
  const verify: Passwords['verify'] = (password, stored) => {
    work.push(stored)
    return real.verify(password, stored)
  }
  const { post, logins, bus } = await open(t, { ...real, verify })
  await post('/users', anna)
  const wrong = await post('/sessions', { ...anna, password: 'wrong horse' })
  const unknown = await post('/sessions', { ...anna, email: 'nobody@example.org' })
  assert.equal(wrong.statusCode, 401)
  assert.equal(unknown.body, wrong.body)
  assert.deepEqual({ ...unknown.headers, date: '' }, { ...wrong.headers, date: '' })
  assert.equal(work.length, 2)
  assert.equal(work[1], undefined)
  await bus.settled()
  assert.deepEqual(logins, [])
})

test('a sign-in makes a weak hash stronger', async (t) => {
  const weak = await createPasswords({ cost, atOnce: 1 }).hash(anna.password)
  const { post, store } = await open(t, createPasswords({ cost: { ...cost, passes: 2 }, atOnce: 1 }))
  await post('/users', anna)
  await store.transaction((tx) => tx.query('UPDATE users SET password = ?', [weak]))
  assert.equal((await post('/sessions', anna)).statusCode, 200)
  const [row] = await store.read((tx) => tx.query('SELECT password FROM users', []))
  assert.match(String(row?.password), /t=2/)
  assert.equal((await post('/sessions', anna)).statusCode, 200)
})

const bad: readonly (readonly [url: string, body: object, field: string])[] = [
  ['/users', { password: 'correct horse' }, 'email'],
  ['/users', { ...anna, email: 'not an address' }, 'email'],
  ['/users', { ...anna, email: 'anna@example.org\r\nBcc: all@example.org' }, 'email'],
  ['/users', { ...anna, email: ['anna@example.org'] }, 'email'],
  ['/users', { ...anna, password: 'short' }, 'password'],
  ['/users', { ...anna, password: 'password123' }, 'password'],
  ['/users', { ...anna, password: anna.email }, 'password'],
  ['/users', { ...anna, password: 'x'.repeat(1025) }, 'password'],
  ['/users', { ...anna, password: { $ne: '' } }, 'password'],
  ['/users', { ...anna, name: '' }, 'name'],
  ['/users', { ...anna, name: 'a\u0000b' }, 'name'],
  ['/users', { ...anna, name: 'x'.repeat(101) }, 'name'],
  ['/users', { ...anna, id: 5 }, 'id'],
  ['/users', { ...anna, emailConfirmed: true }, 'emailConfirmed'],
  ['/sessions', { email: anna.email }, 'password'],
  ['/sessions', { ...anna, password: 12345678 }, 'password'],
  ['/sessions', { ...anna, admin: true }, 'admin'],
]

for (const [url, body, field] of bad) {
  test(`POST ${url} ${JSON.stringify(body).slice(0, 80)} is answered 400 and names ${field}`, async (t) => {
    const { post } = await open(t)
    const answer = await post(url, body)
    assert.equal(answer.statusCode, 400)
    assert.deepEqual(
      answer.json().errors.map((error: { field: string }) => error.field),
      [field],
    )
    assert.doesNotMatch(answer.body, /correct horse/)
  })
}
