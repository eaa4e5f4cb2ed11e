/** Which schema of a PostgreSQL is opened, and what is said of the others; a password is never shown. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { operationsOn } from '@vestnik/bus'
import { command as run, scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { openDatabase } from './open-database.ts'
import { command } from './test/command.ts'
import { openShop } from './test/shop.ts'

const server = await sharedPostgres()
const database = await scratchDatabase(server)
const { password } = new URL(database.url)
const user = `${database.name}_one`
after(async () => {
  await database[Symbol.asyncDispose]()
  // Users are the whole server's, which other tests share.
  await run(server.url, `DROP ROLE IF EXISTS ${user}`)
  await server[Symbol.asyncDispose]()
})

const wide = { columns: 1_000 }

const schemasOf = async () =>
  (await run(database.url, 'SELECT nspname FROM pg_namespace')).map(({ nspname }) => nspname).sort()

test('where nothing is, nothing is made', async () => {
  const before = await schemasOf()
  const refused = {
    code: 'NO_TABLES',
    message: /^open postgres:\/\/vestnik@.*: no schema has tables of a service's messages$/,
  }
  await assert.rejects(openDatabase(database.url), refused)
  await assert.rejects(openDatabase(database.url, 'mailer'), {
    code: 'NO_TABLES',
    message: /schema mailer has no tables/,
  })
  assert.deepEqual(await schemasOf(), before)
})

test('the only schema with tables needs no name, and of several one is named', async () => {
  const urlOf = (schema: string) => `${database.url}?schema=${schema}`
  await (await openShop(urlOf('shop')))[Symbol.asyncDispose]()
  await using only = await openDatabase(database.url)
  assert.deepEqual(await operationsOn(only, Date.now).listDead(), [])
  const words = `dead list --database ${database.url}`
  assert.equal((await command('', words)).code, 0)

  await (await openShop(urlOf('other')))[Symbol.asyncDispose]()
  const several = await command('', words, wide)
  assert.equal(several.code, 2)
  assert.match(several.err, /several services have their data there; --schema may name other, shop/)
  assert.equal((await command('', `${words} --schema shop`)).code, 0)
  assert.equal((await command('', `dead list --database ${urlOf('other')}`)).code, 0)
  const wrong = await command('', `${words} --schema nobody`, wide)
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /^NO_TABLES: .*--schema may name other, shop/)
  for (const { out, err } of [several, wrong]) assert.ok(!(out + err).includes(password))
})

test('a user without the right to a schema is not told of it, and a wrong password is not shown', async () => {
  await run(database.url, `CREATE ROLE ${user} LOGIN PASSWORD 'geheim'; CREATE SCHEMA one AUTHORIZATION ${user}`)
  const url = new URL(database.url)
  url.username = user
  url.password = 'geheim'
  await (await openShop(`${url}?schema=one`))[Symbol.asyncDispose]()
  await using only = await openDatabase(String(url))
  assert.deepEqual(await operationsOn(only, Date.now).listDead(), [])
  url.password = 'falsch'
  const refused = await command('', `dead list --database ${url}`)
  assert.equal(refused.code, 1)
  assert.match(refused.err, /^DATABASE_REFUSED: /)
  assert.doesNotMatch(refused.err, /falsch/)
})
