/** The variables of the films service. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFilmsConfig } from './config.ts'

test('without variables it listens on its own port and reads keys from the users service beside it', () => {
  const { port, usersUrl, databaseUrl } = readFilmsConfig({ DATA_DIR: '/data' })
  assert.deepEqual([port, usersUrl, databaseUrl], [3102, 'http://127.0.0.1:3101', 'sqlite:/data/films.db'])
})

for (const found of ['127.0.0.1:3101', 'ftp://users', 'http://users/path', 'http://user:pass@users', '//users']) {
  test(`USERS_URL=${found} is refused`, () => {
    assert.throws(() => readFilmsConfig({ USERS_URL: found }), { code: 'BAD_CONFIG', message: /^USERS_URL is / })
  })
}

test('in production the keys that verify tokens do not come from another host without TLS', () => {
  const environment = { NODE_ENV: 'production', USERS_URL: 'http://users:3101' }
  assert.throws(() => readFilmsConfig(environment), { code: 'BAD_CONFIG', message: /^USERS_URL is / })
  assert.equal(readFilmsConfig({ ...environment, ALLOW_PLAINTEXT: 'yes' }).usersUrl, 'http://users:3101')
  assert.equal(readFilmsConfig({ ...environment, USERS_URL: 'https://users' }).usersUrl, 'https://users')
})
