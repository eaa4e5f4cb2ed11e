/** Opening a store: what is wrong with a server or a URL is told clearly, and what may mend itself is waited for. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Code, hasCode } from '@vestnik/bus/errors'
import { makeCertificate } from '../../services/mailer/certificates.fixture.ts'
import { freePorts } from '../../tools/brokers/guarded.ts'
import { command, privatePostgres } from '../../tools/databases/postgres.ts'
import { openPostgresStore } from './index.ts'

const trusted = await makeCertificate('localhost')
const server = await privatePostgres({ tls: trusted })
const folder = mkdtempSync(join(tmpdir(), 'vestnik-postgres-open-'))
const timeout = 60_000
after(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

test('a store is opened over TLS when the certificate is of a trusted authority and of that name', {
  timeout,
}, async () => {
  const store = await openPostgresStore(tlsUrl('localhost', trusted.cert))
  const rows = await store.read((tx) => tx.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', []))
  assert.deepEqual(rows, [{ ssl: 1 }])
  await store.close()
  await (await openPostgresStore(tlsUrl('127.0.0.1', trusted.cert, 'verify-ca'))).close()
})

test('a certificate of an unknown authority, or of another name, is refused', { timeout }, async () => {
  const other = await makeCertificate('localhost')
  await refused(tlsUrl('localhost', other.cert), 'DATABASE_REFUSED', /certificate is not trusted/)
  await refused(tlsUrl('127.0.0.1', trusted.cert), 'DATABASE_REFUSED', /certificate is not trusted/)
})

test('a server without TLS is refused where TLS is asked for', { timeout }, async () => {
  await using plain = await privatePostgres()
  const url = new URL(plain.url)
  url.search = '?sslmode=verify-full'
  await refused(url.href, 'DATABASE_REFUSED', /offers no TLS/)
})

test('wrong credentials and a missing database are refused at once, without the password', { timeout }, async () => {
  const patient = { patienceMs: 3_600_000 }
  await refused(changed({ password: 'wr0ng' }), 'DATABASE_REFUSED', /password authentication failed/, patient)
  await refused(changed({ password: '' }), 'DATABASE_REFUSED', /asks for a password/, patient)
  await refused(changed({ username: 'nobody_here' }), 'DATABASE_REFUSED', /nobody_here/, patient)
  await refused(changed({ pathname: '/nowhere' }), 'DATABASE_REFUSED', /"nowhere" does not exist/, patient)
})

test('a user who may not make the schema is refused, with what to do', { timeout }, async () => {
  await command(server.url, "CREATE ROLE guest LOGIN PASSWORD 'geheim'")
  const url = changed({ username: 'guest', password: 'geheim' })
  await refused(url, 'DATABASE_REFUSED', /may not make the schema own; make it/, { schema: 'own' })
  await command(server.url, 'CREATE SCHEMA own AUTHORIZATION guest')
  const store = await openPostgresStore(url, { schema: 'own' })
  await store.transaction((tx) => tx.query('CREATE TABLE mine (n int)', []))
  await store.close()
})

test('where nobody listens it is tried until the patience ends', { timeout }, async () => {
  const [port = 0] = await freePorts(1)
  await refused(changed({ port: String(port) }), 'DATABASE_UNREACHABLE', /ECONNREFUSED/, { patienceMs: 300 })
})

test('a server that starts a moment later is waited for', { timeout }, async () => {
  await using late = await privatePostgres()
  await late.shutDown()
  const opening = openPostgresStore(late.url, { patienceMs: 60_000 })
  await late.start()
  await (await opening).close()
})

test('options that are not allowed are refused', { timeout }, async () => {
  for (const options of [{ schema: 'No' }, { schema: 'a"b' }, { readers: 0 }, { pollMs: 1 }, { patienceMs: -1 }]) {
    await refused(server.url, 'BAD_OPTION', /schema|readers|pollMs|patienceMs/, options)
  }
})

test('several stores may open a new schema at once, and each schema has tables of its own', { timeout }, async () => {
  const schemas = ['a', 'a', 'a', 'a', 'b']
  const stores = await Promise.all(schemas.map((schema) => openPostgresStore(server.url, { schema })))
  for (const [i, store] of stores.entries()) {
    await store.transaction(async (tx) => {
      await tx.query('CREATE TABLE IF NOT EXISTS shared (n int)', [])
      await tx.query('INSERT INTO shared VALUES ($1)', [i])
    })
  }
  const counts = await Promise.all(stores.map((store) => store.read((tx) => tx.query('SELECT n FROM shared', []))))
  assert.deepEqual(
    counts.map(({ length }) => length),
    [4, 4, 4, 4, 1],
  )
  for (const store of stores) await store.close()
})

test('a closed store leaves no connection behind', { timeout }, async () => {
  const store = await openPostgresStore(changed({ search: '?application_name=leaving' }))
  store.watch(() => {})
  await Promise.all([1, 2, 3].map(() => store.read((tx) => tx.query('SELECT 1', []))))
  await store.transaction((tx) => tx.query('CREATE TABLE left_behind (n int)', []))
  await store.close()
  const count = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'leaving'"
  while ((await command(server.url, count)).length > 0);
})

function changed(parts: Partial<Record<'password' | 'username' | 'pathname' | 'port' | 'search', string>>): string {
  return Object.assign(new URL(server.url), parts).href
}

let files = 0

function tlsUrl(hostname: string, ca: string, mode = 'verify-full'): string {
  files += 1
  const path = join(folder, `ca-${files}.pem`)
  writeFileSync(path, ca)
  return Object.assign(new URL(server.url), { hostname, search: `?sslmode=${mode}&sslrootcert=${path}` }).href
}

async function refused(url: string, code: Code, said: RegExp, options = {}): Promise<void> {
  await assert.rejects(openPostgresStore(url, { patienceMs: 1_000, ...options }), (error) => {
    assert.ok(hasCode(error, code), `expected ${code}, got ${error}`)
    assert.match(error.message, said)
    assert.ok(!error.message.includes(new URL(url).password || 'no password'))
    return true
  })
}
