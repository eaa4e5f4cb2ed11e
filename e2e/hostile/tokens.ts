/** Forged, borrowed, old and odd tokens, on every guarded route of the gateway and of the services behind it. */
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { guardedRoutes } from './routes.ts'
import type { Facts, Row } from './row.ts'

type Make = (facts: Facts) => string

const stranger = generateKeyPairSync('ed25519').privateKey

const rows: Readonly<Record<string, Make | readonly Make[]>> = {
  'without a token': () => '',
  'with a token that is none': [() => 'x', () => 'a.b.c', () => '..', () => 'null', () => 'undefined'],
  'with alg none': [forged({ alg: 'none' }, {}, unsigned), forged({ alg: 'nOnE' }, {}, unsigned)],
  'with alg none and our signature': forged({ alg: 'none' }),
  'with our public key as the secret of HS256': [
    forged(
      { alg: 'HS256' },
      {},
      bySecret(({ x }) => Buffer.from(x, 'base64url')),
    ),
    forged(
      { alg: 'HS256' },
      {},
      bySecret(({ x }) => Buffer.from(x)),
    ),
    forged(
      { alg: 'HS256' },
      {},
      bySecret((jwk) => Buffer.from(publicOf(jwk).export({ type: 'spki', format: 'pem' }))),
    ),
  ],
  'with HS256 and an empty secret': forged(
    { alg: 'HS256' },
    {},
    bySecret(() => Buffer.alloc(0)),
  ),
  'with ES256 and a signature of zeros': forged({ alg: 'ES256' }, {}, () => Buffer.alloc(64)),
  'with an algorithm of another name': [forged({ alg: 'eddsa' }), forged({ alg: 'RS256' }), forged({ alg: ['EdDSA'] })],
  "with a stranger's key under our kid": forged({}, {}, byStranger),
  "with a stranger's key in the header": forged({ jwk: strangerJwk() }, {}, byStranger),
  "with a stranger's key by an address in the header": [
    forged({ jku: 'http://127.0.0.1:1/jwks.json' }, {}, byStranger),
    forged({ x5u: 'http://127.0.0.1:1/cert.pem' }, {}, byStranger),
  ],
  'with a key id that is a path': forged(
    { kid: '../../../../dev/null' },
    {},
    bySecret(() => Buffer.alloc(0)),
  ),
  'with a key id that is SQL': forged({ kid: "x' UNION SELECT 'y" }),
  'with a key id that nobody knows': forged({ kid: 'theirs' }),
  'with a key id of another type': [forged({ kid: 1 }), forged({ kid: null }), forged({ kid: ['a'] })],
  'with something critical that nobody understands': forged({ crit: ['exp'], exp: 1 }),
  'with a payload that is not encoded': forged({ b64: false, crit: ['b64'] }),
  'with a token that has expired': forged({}, { exp: 1_600_000_000 }),
  'with a token that never expires': forged({}, { exp: undefined }),
  'with an end that is no number': [forged({}, { exp: 'never' }), forged({}, { exp: null }), forged({}, { exp: {} })],
  'with a token that is not yet good': forged({}, { nbf: 4_000_000_000 }),
  'with a token of another issuer': [forged({}, { iss: 'evil' }), forged({}, { iss: undefined })],
  'with a token for another audience': [
    forged({}, { aud: 'others' }),
    forged({}, { aud: undefined }),
    forged({}, { aud: [] }),
  ],
  'with a token of another type': [forged({ typ: 'JWT' }), forged({ typ: undefined }), forged({ typ: 'id+jwt' })],
  'with a token without a user': [forged({}, { sub: undefined }), forged({}, { sub: '' })],
  'with a token without a session': forged({}, { sid: undefined }),
  'with a session of another type': [
    forged({}, { sid: ['a'] }),
    forged({}, { sid: { $ne: '' } }),
    forged({}, { sid: 1 }),
  ],
  'with a user that is SQL': forged({}, { sub: '1 OR 1=1' }),
  'with a user that is no number': ['0', '-1', '1.5', '01', '1e3', ' 1', '1\n', '9'.repeat(16), '１'].map((sub) =>
    forged({}, { sub }),
  ),
  'with a user of another type': [1, [1], { $gt: 0 }, true].map((sub) => forged({}, { sub })),
  "with another's name in a token that was signed for oneself": ({ anna, boris }) => {
    const [head, , signature] = boris.token.split('.')
    return `${head}.${anna.token.split('.')[1]}.${signature}`
  },
  'with a changed signature': ({ anna }) => `${anna.token.slice(0, -4)}AAAA`,
  'without a signature': [
    ({ anna }) => anna.token.replace(/\.[^.]*$/, ''),
    ({ anna }) => anna.token.replace(/[^.]*$/, ''),
  ],
  'with a token and more behind it': [
    ({ anna }) => `${anna.token}.x`,
    ({ anna, boris }) => `${boris.token}.${anna.token}`,
    ({ anna, boris }) => `${boris.token}, Bearer ${anna.token}`,
    ({ anna }) => `${anna.token}=`,
    ({ anna }) => `${anna.token} x`,
  ],
  'with a refresh token in place of an access token': ({ anna }) => anna.refreshToken,
  'with a token in the JSON form': ({ anna }) => {
    const [head, payload, signature] = anna.token.split('.')
    return JSON.stringify({ protected: head, payload, signature })
  },
  'with a token of five parts': () => 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0....',
  'with a token of 10,000 characters': forged({}, { more: 'x'.repeat(10_000) }),
}

const schemes: Readonly<Record<string, (facts: Facts) => Readonly<Record<string, string>>>> = {
  'with a good token under another scheme': ({ anna }) => ({ authorization: `Token ${anna.token}` }),
  'with a good token and no scheme': ({ anna }) => ({ authorization: anna.token }),
  'with a name and a password in the header': ({ anna }) => ({
    authorization: `Basic ${Buffer.from(`${anna.email}:${anna.password}`).toString('base64')}`,
  }),
  'with a good token in a cookie': ({ anna }) => ({ cookie: `token=${anna.token}; accessToken=${anna.token}` }),
  'with a good token in another header': ({ anna }) => ({
    'x-access-token': anna.token,
    'x-authorization': `Bearer ${anna.token}`,
  }),
}

export const tokenRows: readonly Row[] = [
  ...Object.entries(rows).map(([what, makes]) => ({
    what,
    statuses: [401],
    sends: (facts: Facts) => [makes].flat().flatMap((make) => guardedRoutes(facts, { token: make(facts) })),
  })),
  ...Object.entries(schemes).map(([what, headers]) => ({
    what,
    statuses: [401],
    sends: (facts: Facts) => guardedRoutes(facts, { headers: headers(facts) }),
  })),
]

type Signer = (input: string, key: Facts['stolenKey']) => Buffer

/** A token as Anna's are, but for what is given; signed by our own key unless another signer is given. */
function forged(header: object, claims: object = {}, signer: Signer = byUs): Make {
  return ({ anna, stolenKey }) => {
    const [head = '', payload = ''] = anna.token.split('.')
    const input = [changed(head, header), changed(payload, claims)].join('.')
    return `${input}.${signer(input, stolenKey).toString('base64url')}`
  }
}

function changed(part: string, change: object): string {
  const found = JSON.parse(Buffer.from(part, 'base64url').toString())
  return Buffer.from(JSON.stringify({ ...found, ...change })).toString('base64url')
}

function byUs(input: string, key: Facts['stolenKey']): Buffer {
  return sign(null, Buffer.from(input), createPrivateKey({ key, format: 'jwk' }))
}

function bySecret(secret: (key: Facts['stolenKey']) => Buffer): Signer {
  return (input, key) => createHmac('sha256', secret(key)).update(input).digest()
}

function publicOf(key: Facts['stolenKey']): KeyObject {
  return createPublicKey(createPrivateKey({ key, format: 'jwk' }))
}

function unsigned(): Buffer {
  return Buffer.alloc(0)
}

function byStranger(input: string): Buffer {
  return sign(null, Buffer.from(input), stranger)
}

function strangerJwk(): object {
  return createPublicKey(stranger).export({ format: 'jwk' })
}
