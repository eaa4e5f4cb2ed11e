/** The gateway's variables, and which of them do not go together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readGatewayConfig } from './config.ts'

test('without variables the services are where they stand beside it', () => {
  const { port, usersUrl, filmsUrl, trustProxy, rateLimits } = readGatewayConfig({})
  assert.deepEqual([port, usersUrl, filmsUrl], [3000, 'http://127.0.0.1:3101', 'http://127.0.0.1:3102'])
  assert.deepEqual([trustProxy, rateLimits], [[], true])
})

for (const name of ['USERS_URL', 'FILMS_URL']) {
  for (const found of ['127.0.0.1:3101', 'ftp://x', 'http://x/path', 'http://user:pass@x', 'http://x?a', 'users']) {
    test(`${name}=${found} is refused in a sentence that names it`, () => {
      assert.throws(() => readGatewayConfig({ [name]: found }), {
        code: 'BAD_CONFIG',
        message: new RegExp(`^${name} is ".*": it must be an http`),
      })
    })
  }

  test(`in production ${name} leads off this host by TLS only`, () => {
    const production = { NODE_ENV: 'production', [name]: 'http://elsewhere.example' }
    assert.throws(() => readGatewayConfig(production), { code: 'BAD_CONFIG', message: new RegExp(`^${name} is`) })
    readGatewayConfig({ ...production, [name]: 'https://elsewhere.example' })
    readGatewayConfig({ ...production, ALLOW_PLAINTEXT: 'yes' })
  })
}

test('limits are lifted on loopback only', () => {
  assert.equal(readGatewayConfig({ RATE_LIMITS: 'off' }).rateLimits, false)
  assert.throws(() => readGatewayConfig({ RATE_LIMITS: 'off', HOST: '0.0.0.0' }), { code: 'BAD_CONFIG' })
})
