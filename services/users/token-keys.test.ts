/** Signing keys are made once, read from the named file, and only their public halves are told. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { signToken, verifierOf } from '@vestnik/service'
import { createLocalJWKSet, exportJWK, generateKeyPair } from 'jose'
import { readUsersConfig } from './config.ts'
import { readTokenKeys } from './token-keys.ts'

function temporary(t: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('two services that start at once get the same key, and nothing private is published', async (t) => {
  const config = readUsersConfig({ DATA_DIR: temporary(t) })
  const [one, other] = await Promise.all([readTokenKeys(config), readTokenKeys(config)])
  assert.deepEqual(one.published, other.published)
  assert.deepEqual(Object.keys(one.published.keys[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x'])
})

test('the newest key signs, and tokens of the older one are still good', async (t) => {
  const folder = temporary(t)
  const file = join(folder, 'keys.json')
  const make = async () => exportJWK((await generateKeyPair('EdDSA', { extractable: true })).privateKey)
  const [older, newer] = [await make(), await make()]
  const read = async (keys: readonly object[]) => {
    writeFileSync(file, JSON.stringify({ keys }))
    return await readTokenKeys(readUsersConfig({ DATA_DIR: folder, TOKEN_KEYS: file }))
  }
  const before = await read([older])
  const after = await read([newer, older])
  assert.notEqual(after.signing.kid, before.signing.kid)
  const verify = verifierOf(createLocalJWKSet({ keys: [...after.published.keys] }))
  for (const { signing } of [before, after]) {
    const caller = { userId: 1, sessionId: 's' }
    assert.deepEqual(await verify(`Bearer ${await signToken(signing, caller, 'id', Date.now())}`), caller)
  }
})

test('a file that does not hold such keys is refused, and its content is not shown', async (t) => {
  const folder = temporary(t)
  const file = join(folder, 'keys.json')
  for (const text of ['secret nonsense', '{"keys":[]}', '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}']) {
    writeFileSync(file, text)
    await assert.rejects(readTokenKeys(readUsersConfig({ DATA_DIR: folder, TOKEN_KEYS: file })), (error) => {
      assert.ok(error instanceof Error && error.cause === undefined)
      assert.match(error.message, /^TOKEN_KEYS is ".*keys\.json": it must be /)
      assert.doesNotMatch(error.message, /nonsense|c2VjcmV0/)
      return true
    })
  }
  await assert.rejects(readTokenKeys(readUsersConfig({ DATA_DIR: folder, TOKEN_KEYS: join(folder, 'none') })), {
    code: 'BAD_CONFIG',
  })
})

test('in production nothing is made up', async (t) => {
  const config = readUsersConfig({ DATA_DIR: temporary(t), NODE_ENV: 'production' })
  await assert.rejects(readTokenKeys(config), { code: 'BAD_CONFIG', message: /^TOKEN_KEYS is not set/ })
})
