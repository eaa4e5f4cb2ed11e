/** A token is believed only when it was signed by our key, for us, and is still valid. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Problem } from './problem.ts'
import { type SigningKey, signToken, tokenVerifier, verifierOf } from './tokens.ts'

const ours = await makeKey('ours')
const foreign = await makeKey('ours')
const verify = verifierOf(createLocalJWKSet({ keys: [ours.published] }))
const caller = { userId: 7, sessionId: 's' }

async function makeKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA')
  const published = { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' }
  return { published, signing: { kid, privateKey } satisfies SigningKey }
}

interface Claims {
  readonly issuer?: string
  readonly audience?: string
  readonly type?: string
  readonly subject?: string
  readonly expires?: number
}

async function forge(claims: Claims, key: SigningKey = ours.signing): Promise<string> {
  const token = new SignJWT({ sid: 's' })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: claims.type ?? 'at+jwt' })
    .setIssuer(claims.issuer ?? 'vestnik-users')
    .setAudience(claims.audience ?? 'vestnik')
    .setSubject(claims.subject ?? '7')
    .setExpirationTime(claims.expires ?? Math.floor(Date.now() / 1000) + 60)
  return `Bearer ${await token.sign(key.privateKey)}`
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a token of ours names its caller', async () => {
  assert.deepEqual(await verify(`Bearer ${await signToken(ours.signing, caller, 'id', Date.now())}`), caller)
  assert.deepEqual(await verify(await forge({})), caller)
})

const hour = 3600_000
const bad: Readonly<Record<string, () => Promise<string | undefined>>> = {
  'no token': async () => undefined,
  'no scheme': async () => (await forge({})).slice('Bearer '.length),
  nonsense: async () => 'Bearer nonsense',
  'an expired token': async () => `Bearer ${await signToken(ours.signing, caller, 'id', Date.now() - hour)}`,
  'a token without an end': async () =>
    `Bearer ${await new SignJWT({ sid: 's' }).setProtectedHeader({ alg: 'EdDSA', kid: 'ours', typ: 'at+jwt' }).setIssuer('vestnik-users').setAudience('vestnik').setSubject('7').sign(ours.signing.privateKey)}`,
  "a token of another's key": () => forge({}, foreign.signing),
  'a token of an unknown key': async () => forge({}, (await makeKey('other')).signing),
  'a token of another issuer': () => forge({ issuer: 'somebody' }),
  'a token for others': () => forge({ audience: 'somebody' }),
  'a token of another type': () => forge({ type: 'JWT' }),
  'a token for no user': () => forge({ subject: '0' }),
  'a token for a user by another name': () => forge({ subject: '7 OR 1=1' }),
  'an unsigned token': async () =>
    `Bearer ${part({ alg: 'none', typ: 'at+jwt' })}.${part({ sub: '7', sid: 's', iss: 'vestnik-users', aud: 'vestnik', exp: 9999999999 })}.`,
  'a changed token': async () => (await forge({})).replace(/\.[^.]+\./, `.${part({ sub: '1', sid: 's' })}.`),
}

for (const [what, make] of Object.entries(bad)) {
  test(`${what} is answered 401, without saying why`, async () => {
    await assert.rejects(verify(await make()), (error) => {
      assert.ok(error instanceof Problem)
      assert.equal(error.status, 401)
      assert.equal(error.message, 'A valid access token is needed.')
      return true
    })
  })
}

test('a token whose keys cannot be read is answered 503: it may be good', async () => {
  const nobody = tokenVerifier(new URL('http://127.0.0.1:1/.well-known/jwks.json'))
  await assert.rejects(nobody(await forge({})), (error) => error instanceof Problem && error.status === 503)
})

test('a token of a new key is good also when the keys were fetched just before, and another of none is not', async (t) => {
  const newer = await makeKey('newer')
  const published = [ours.published]
  const users = createServer((_request, response) => response.end(JSON.stringify({ keys: published })))
  t.after(() => users.close())
  await once(users.listen(0, '127.0.0.1'), 'listening')
  const address = users.address()
  assert.ok(address !== null && typeof address === 'object')
  const verifyByUsers = tokenVerifier(new URL(`http://127.0.0.1:${address.port}/`))
  assert.deepEqual(await verifyByUsers(await forge({})), caller)
  published.unshift(newer.published)
  const unknown = await forge({}, (await makeKey('unknown')).signing)
  const [good, bad] = await Promise.allSettled([verifyByUsers(await forge({}, newer.signing)), verifyByUsers(unknown)])
  assert.deepEqual(good, { status: 'fulfilled', value: caller })
  assert.ok(bad.status === 'rejected' && bad.reason instanceof Problem && bad.reason.status === 401)
})
