/** Forged, borrowed, old and odd tokens: none gets past the gateway, and every refusal is the same. */
import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { verifierOf } from '@vestnik/service'
import { createLocalJWKSet, exportJWK, generateKeyPair } from 'jose'
import { type Context, openGateway, playService } from './gateway.fixture.ts'

const ours = await makeKeys('EdDSA')
const stranger = await makeKeys('EdDSA')
const published = { ...(await exportJWK(ours.publicKey)), kid: 'ours', alg: 'EdDSA', use: 'sig' }
const strangerJwk = { ...(await exportJWK(stranger.publicKey)), kid: 'ours', alg: 'EdDSA' }

async function makeKeys(algorithm: string): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return {
    publicKey: createPublicKey({ key: { ...(await exportJWK(publicKey)) }, format: 'jwk' }),
    privateKey: createPrivateKey({ key: { ...(await exportJWK(privateKey)) }, format: 'jwk' }),
  }
}

const nowSeconds = Math.floor(Date.now() / 1000)
const goodHeader = { alg: 'EdDSA', kid: 'ours', typ: 'at+jwt' }
const goodClaims = { iss: 'vestnik-users', aud: 'vestnik', sub: '7', sid: 's', iat: nowSeconds, exp: nowSeconds + 600 }

type Signer = (input: string) => Buffer
const by =
  (key: KeyObject): Signer =>
  (input) =>
    sign(null, Buffer.from(input), key)
const bySecret =
  (secret: string | Buffer): Signer =>
  (input) =>
    createHmac('sha256', secret).update(input).digest()

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token as ours are but for what is given. */
function token(header: object = {}, claims: object = {}, signer: Signer = by(ours.privateKey)): string {
  const input = `${encode({ ...goodHeader, ...header })}.${encode({ ...goodClaims, ...claims })}`
  return `${input}.${signer(input).toString('base64url')}`
}

const publicPem = ours.publicKey.export({ type: 'spki', format: 'pem' })
const publicDer = ours.publicKey.export({ type: 'spki', format: 'der' })
const unsigned: Signer = () => Buffer.alloc(0)
const [head = '', body = '', signature = ''] = token().split('.')
const other = Buffer.from(signature, 'base64url')
other[0] = (other[0] ?? 0) ^ 1

const forged: Readonly<Record<string, string>> = {
  'alg none': token({ alg: 'none' }, {}, unsigned),
  'alg None': token({ alg: 'None' }, {}, unsigned),
  'alg NONE, with our signature': token({ alg: 'NONE' }),
  'alg HS256 with our public key as the secret, PEM': token({ alg: 'HS256' }, {}, bySecret(publicPem)),
  'alg HS256 with our public key as the secret, DER': token({ alg: 'HS256' }, {}, bySecret(publicDer)),
  'alg HS256 with the x of our public key': token({ alg: 'HS256' }, {}, bySecret(String(published.x))),
  'alg HS256 with an empty secret': token({ alg: 'HS256' }, {}, bySecret('')),
  'alg ES256': token({ alg: 'ES256' }),
  'alg Ed25519, another name of the same': token({ alg: 'Ed25519' }),
  'alg in lower case': token({ alg: 'eddsa' }),
  'no alg': token({ alg: undefined }),
  'alg as a list': token({ alg: ['EdDSA'] }),
  "a stranger's key under our kid": token({}, {}, by(stranger.privateKey)),
  "a stranger's key in the header": token({ jwk: strangerJwk }, {}, by(stranger.privateKey)),
  "a stranger's key in the header, without a kid": token(
    { jwk: strangerJwk, kid: undefined },
    {},
    by(stranger.privateKey),
  ),
  "a stranger's key by jku": token({ jku: 'https://evil.example/jwks.json' }, {}, by(stranger.privateKey)),
  "a stranger's key by x5u": token({ x5u: 'https://evil.example/cert.pem' }, {}, by(stranger.privateKey)),
  "a stranger's key by x5c": token({ x5c: ['AAAA'] }, {}, by(stranger.privateKey)),
  'a kid that is a path': token({ kid: '../../../../dev/null' }, {}, bySecret('')),
  'a kid with SQL': token({ kid: "ours' UNION SELECT 'x" }),
  'a kid of another type': token({ kid: 1 }),
  'a kid nobody knows': token({ kid: 'theirs' }),
  'a crit that nobody understands': token({ crit: ['exp'] }),
  'an unencoded payload (b64)': token({ b64: false, crit: ['b64'] }),
  'a changed signature': `${head}.${body}.${other.toString('base64url')}`,
  'a cut signature': `${head}.${body}.${signature.slice(0, -8)}`,
  'no signature': `${head}.${body}.`,
  'two parts': `${head}.${body}`,
  'five parts, as of an encrypted one': `${head}.${body}.${signature}.${body}.${signature}`,
  'claims of another under our signature': `${head}.${encode({ ...goodClaims, sub: '1' })}.${signature}`,
  'a header of another under our signature': `${encode({ ...goodHeader, x: 1 })}.${body}.${signature}`,
  'one that ended a minute ago': token({}, { exp: nowSeconds - 60 }),
  'one without an end': token({}, { exp: undefined }),
  'an end as text': token({}, { exp: String(nowSeconds + 600) }),
  'an end beyond numbers': token({}, { exp: 'Infinity' }),
  'one that begins in an hour': token({}, { nbf: nowSeconds + 3600 }),
  'another issuer': token({}, { iss: 'somebody' }),
  'no issuer': token({}, { iss: undefined }),
  'another audience': token({}, { aud: 'somebody' }),
  'no audience': token({}, { aud: undefined }),
  'the type of an identity token': token({ typ: 'JWT' }),
  'no type': token({ typ: undefined }),
  'no user': token({}, { sub: undefined }),
  'user 0': token({}, { sub: '0' }),
  'a negative user': token({}, { sub: '-7' }),
  'a user as a number': token({}, { sub: 7 }),
  'a user in hexadecimal': token({}, { sub: '0x7' }),
  'half a user': token({}, { sub: '7.5' }),
  'a user beyond numbers': token({}, { sub: '99999999999999999999' }),
  'a user with SQL': token({}, { sub: '7 OR 1=1' }),
  'users as a list': token({}, { sub: ['7'] }),
  'no session': token({}, { sid: undefined }),
  'a session of another type': token({}, { sid: {} }),
  'claims that are a list': `${head}.${encode([])}.${by(ours.privateKey)(`${head}.${encode([])}`).toString('base64url')}`,
  'claims that are no JSON': `${head}.${'A'.repeat(20)}.${signature}`,
  'more than 2048 characters': token({}, { filler: 'x'.repeat(3000) }),
}

async function open(t: Context) {
  const films = await playService(t)
  const verify = verifierOf(createLocalJWKSet({ keys: [published] }))
  const { http } = await openGateway(t, { filmsUrl: films.url, usersUrl: films.url, verify })
  const ask = (url: string, headers: Record<string, string>) => http.inject({ url, headers })
  return { ask, seen: films.seen }
}

test('a token of ours is let in, by the gateway and to a service', async (t) => {
  const { ask, seen } = await open(t)
  const headers = { authorization: `Bearer ${token()}` }
  assert.equal((await ask('/logins', headers)).statusCode, 200)
  assert.equal((await ask('/rentals', headers)).statusCode, 200)
  assert.equal(seen[0]?.headers.authorization, headers.authorization)
})

for (const [what, forgedToken] of Object.entries(forged)) {
  test(`a token with ${what} is not let in`, async (t) => {
    const { ask, seen } = await open(t)
    for (const url of ['/logins', '/rentals', '/users/me']) {
      const answer = await ask(url, { authorization: `Bearer ${forgedToken}` })
      assert.equal(answer.statusCode, 401)
      assert.equal(answer.json().detail, 'A valid access token is needed.')
    }
    assert.equal(seen.length, 0)
  })
}

const elsewhere: Readonly<Record<string, (good: string) => Record<string, string>>> = {
  'another scheme': (good) => ({ authorization: `Basic ${good}` }),
  'no scheme': (good) => ({ authorization: good }),
  'two tokens': (good) => ({ authorization: `Bearer ${good} ${good}` }),
  'two tokens with a comma': (good) => ({ authorization: `Bearer ${good}, Bearer ${good}` }),
  quotes: (good) => ({ authorization: `Bearer "${good}"` }),
  'a cookie': (good) => ({ cookie: `access_token=${good}; authorization=Bearer ${good}` }),
  'a header of another name': (good) => ({ 'x-authorization': `Bearer ${good}`, 'x-access-token': good }),
  'a header for proxies': (good) => ({ 'proxy-authorization': `Bearer ${good}` }),
  "the user's id in a header": () => ({ 'x-user-id': '7', 'x-forwarded-user': '7', 'x-session-id': 's' }),
}

for (const [what, headers] of Object.entries(elsewhere)) {
  test(`${what} in place of a token is not let in`, async (t) => {
    const { ask, seen } = await open(t)
    assert.equal((await ask('/logins', headers(token()))).statusCode, 401)
    assert.equal((await ask('/rentals', headers(token()))).statusCode, 401)
    assert.equal(seen.length, 0)
  })
}

test('a token in the query is not let in', async (t) => {
  const { ask } = await open(t)
  assert.equal((await ask(`/logins?access_token=${token()}`, {})).statusCode, 401)
})
