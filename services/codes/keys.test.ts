/** The keys of codes: made once for all services in development, read from the named files, and never shown. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { readCodeKeys, readOpenCode } from './keys.ts'

const email = 'anna@example.org'

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-code-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

async function makePair(kid?: string, crv = 'X25519'): Promise<{ readonly own: JWK; readonly open: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('ECDH-ES', { crv, extractable: true })
  const named = kid === undefined ? {} : { kid }
  return { own: { ...(await exportJWK(privateKey)), ...named }, open: { ...(await exportJWK(publicKey)), ...named } }
}

/** Where files can be written, and what reads them. */
function bench(t: TestContext) {
  const dataDir = temporary(t)
  const place = { dataDir, production: false }
  return {
    dataDir,
    place,
    write(name: string, content: unknown): string {
      const file = join(dataDir, name)
      writeFileSync(file, Buffer.isBuffer(content) || typeof content === 'string' ? content : JSON.stringify(content))
      return file
    },
  }
}

test('services that start at once agree on what is made up, and each hashes under a key of its own', async (t) => {
  const { dataDir, place } = bench(t)
  const [users, films, again, open] = await Promise.all([
    readCodeKeys('users', {}, place),
    readCodeKeys('films', {}, place),
    readCodeKeys('users', {}, place),
    readOpenCode({}, place),
  ])
  for (const { seal } of [users, films, again]) assert.equal(await open(await seal('123456', email), email), '123456')
  assert.ok(users.hmacKey.equals(again.hmacKey))
  assert.ok(!users.hmacKey.equals(films.hmacKey))
  const keys = join(dataDir, 'keys')
  const files = ['films-code-hmac-key', 'mail-private-key.json', 'mail-public-key.json', 'users-code-hmac-key']
  assert.deepEqual(readdirSync(keys).sort(), files)
  for (const file of files) assert.equal(statSync(join(keys, file)).mode & 0o777, 0o600)
  assert.equal(JSON.parse(readFileSync(join(keys, 'mail-public-key.json'), 'utf8')).d, undefined)
})

test('the newest key seals, and codes sealed before the change are still opened', async (t) => {
  const { write, place } = bench(t)
  const [older, newer] = [await makePair(), await makePair('newer', 'P-256')]
  const MAIL_PRIVATE_KEY = write('private.json', { keys: [newer.own, older.own] })
  const CODE_HMAC_KEY = write('hmac', Buffer.alloc(32, 7))
  const sealWith = async (keys: unknown) => {
    const MAIL_PUBLIC_KEY = write('public.json', keys)
    const production = { ...place, production: true }
    return (await readCodeKeys('users', { MAIL_PUBLIC_KEY, CODE_HMAC_KEY }, production)).seal('123456', email)
  }
  const before = await sealWith(older.open)
  const after = await sealWith({ keys: [newer.open, older.open] })
  const kidOf = (code: string) => JSON.parse(Buffer.from(code.split('.')[0] ?? '', 'base64url').toString()).kid
  assert.equal(kidOf(after), 'newer')
  assert.notEqual(kidOf(before), 'newer')
  const open = await readOpenCode({ MAIL_PRIVATE_KEY }, { ...place, production: true })
  for (const code of [before, after]) assert.equal(await open(code, email), '123456')
})

test('MAIL_CODE_PLAIN=yes leaves the digits as they are, and needs no key of the mailer', async (t) => {
  const { write, place } = bench(t)
  const CODE_HMAC_KEY = write('hmac', Buffer.alloc(32, 7))
  const production = { ...place, production: true }
  const { seal } = await readCodeKeys('users', { MAIL_CODE_PLAIN: 'yes', CODE_HMAC_KEY }, production)
  assert.equal(await seal('012345', email), '012345')
  const open = await readOpenCode({ MAIL_CODE_PLAIN: 'yes' }, production)
  assert.equal(await open('012345', email), '012345')
})

test('one file named for several services gives each a key of its own', async (t) => {
  const { write, place } = bench(t)
  const CODE_HMAC_KEY = write('hmac', Buffer.alloc(40, 7))
  const [users, films] = await Promise.all(
    ['users', 'films'].map((name) => readCodeKeys(name, { CODE_HMAC_KEY }, place)),
  )
  assert.ok(users && films && !users.hmacKey.equals(films.hmacKey))
})

test('a file that does not hold such keys is refused by its variable, and its content is not shown', async (t) => {
  const { write, place, dataDir } = bench(t)
  const { own, open } = await makePair()
  const { own: other } = await makePair()
  const rsa = await exportJWK((await generateKeyPair('RSA-OAEP-256', { extractable: true })).privateKey)
  const bad: readonly unknown[] = [
    'c2VjcmV0 nonsense',
    'null',
    '',
    { keys: [] },
    { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] },
    rsa,
    { ...own, crv: 'Ed25519' },
    { ...own, x: 'c2VjcmV0' },
    { ...own, kid: 'x'.repeat(500) },
    { keys: [own, { kty: 'oct', k: 'c2VjcmV0' }] },
  ]
  const refusal = (variable: string) => (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'BAD_CONFIG' && error.cause === undefined)
    assert.match(error.message, new RegExp(`^${variable} is ".*file.*": it must be the path of `))
    assert.doesNotMatch(error.message, /c2VjcmV0|nonsense/)
    return true
  }
  for (const content of [...bad, open, { ...own, d: other.d }]) {
    const MAIL_PRIVATE_KEY = write('file', content)
    await assert.rejects(
      readOpenCode({ MAIL_PRIVATE_KEY }, place),
      refusal('MAIL_PRIVATE_KEY'),
      JSON.stringify(content),
    )
  }
  for (const content of [...bad, own, { keys: [open, own] }]) {
    const MAIL_PUBLIC_KEY = write('file', content)
    await assert.rejects(
      readCodeKeys('users', { MAIL_PUBLIC_KEY }, place),
      refusal('MAIL_PUBLIC_KEY'),
      JSON.stringify(content),
    )
  }
  const CODE_HMAC_KEY = write('file', Buffer.alloc(31, 7))
  await assert.rejects(readCodeKeys('users', { CODE_HMAC_KEY }, place), refusal('CODE_HMAC_KEY'))
  const missing = { code: 'BAD_CONFIG', message: /the file cannot be read/ }
  await assert.rejects(readOpenCode({ MAIL_PRIVATE_KEY: join(dataDir, 'none') }, place), missing)
  await assert.rejects(readCodeKeys('users', { MAIL_PUBLIC_KEY: dataDir }, place), missing)
  await assert.rejects(readCodeKeys('users', { MAIL_CODE_PLAIN: 'perhaps' }, place), {
    message: 'MAIL_CODE_PLAIN is "perhaps": it must be one of yes, no',
  })
})

test('one half of a pair is not made up beside the other', async (t) => {
  const { write, place } = bench(t)
  const { own, open } = await makePair()
  const files = { MAIL_PUBLIC_KEY: write('public', open), MAIL_PRIVATE_KEY: write('private', own) }
  await assert.rejects(readOpenCode({ MAIL_PUBLIC_KEY: files.MAIL_PUBLIC_KEY }, place), {
    code: 'BAD_CONFIG',
    message: /^MAIL_PRIVATE_KEY is not set: .* MAIL_PUBLIC_KEY is set/,
  })
  await assert.rejects(readCodeKeys('users', { MAIL_PRIVATE_KEY: files.MAIL_PRIVATE_KEY }, place), {
    code: 'BAD_CONFIG',
    message: /^MAIL_PUBLIC_KEY is not set: .* MAIL_PRIVATE_KEY is set/,
  })
})

test('in production nothing is made up', async (t) => {
  const { write, place, dataDir } = bench(t)
  const production = { ...place, production: true }
  const CODE_HMAC_KEY = write('hmac', Buffer.alloc(32, 7))
  const refusal = (name: string) => ({ code: 'BAD_CONFIG', message: new RegExp(`^${name} is not set: with NODE_ENV`) })
  await assert.rejects(readOpenCode({}, production), refusal('MAIL_PRIVATE_KEY'))
  await assert.rejects(readCodeKeys('users', { CODE_HMAC_KEY }, production), refusal('MAIL_PUBLIC_KEY'))
  await assert.rejects(readCodeKeys('users', {}, production), refusal('CODE_HMAC_KEY'))
  assert.deepEqual(readdirSync(dataDir), ['hmac'])
})
