/** Bytes that no honest client sends, over a real socket: each is refused with a problem, and no service hears of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Context, openGateway, playService, sendRaw, statusesIn } from './gateway.fixture.ts'

async function open(t: Context) {
  const behind = await playService(t)
  const { http } = await openGateway(t, { usersUrl: behind.url, filmsUrl: behind.url })
  const origin = await http.listen({ host: '127.0.0.1', port: 0 })
  return { seen: behind.seen, send: (bytes: string | Buffer) => sendRaw(origin, bytes) }
}

/** Every answer is one of ours: HTTP, a problem, and nothing of the machine. */
function assertRefused(said: string, statuses: readonly number[]): void {
  const [status = 0, ...more] = statusesIn(said)
  assert.ok(statuses.includes(status), said.slice(0, 400))
  assert.deepEqual(more, [])
  assert.match(said, /content-type: application\/problem\+json/i)
  assert.doesNotMatch(said, /\bat [\w.]+ \(|node_modules|\/work\/|\.ts:/)
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`

const paths: readonly (readonly [path: string, ...statuses: number[]])[] = [
  ['/films/../metrics', 404],
  ['/films/%2e%2e/metrics', 400, 404],
  ['/films/%2E./metrics', 400, 404],
  ['/films/..%2fmetrics', 400, 404],
  ['/films/%252e%252e%252fmetrics', 400, 404],
  ['/films/..\\metrics', 400, 404],
  ['/films/..%5cmetrics', 400, 404],
  ['/films/1/../../metrics', 404],
  ['/films//', 404],
  ['//films', 404],
  ['/films/', 400],
  ['/films/1/', 404],
  ['/./films', 404],
  ['/films/.', 400],
  ['/films;jsessionid=1', 404],
  ['/films%3fpage=1', 404],
  ['/films%00', 404],
  ['/films/1%00', 400],
  ['/films/1%0d%0aX-Injected:%20yes', 400],
  ['/%66ilms', 404],
  ['/FILMS', 404],
  ['/films#fragment', 400, 404],
  ['/films?a=1#fragment', 400],
  ['/films/%c0%ae%c0%ae/metrics', 400, 404],
  ['/films/%zz', 400],
  ['/films/1\u00ff', 400],
  ['/films?query=\u00e9', 400],
  ['/.well-known/jwks.json', 404],
  ['/internal', 404],
  ['/docs/../app.ts', 404],
  ['/docs/..%2fapp.ts', 404],
  ['/docs/%2e%2e%2fapp.ts', 404],
  ['/docs/tsconfig.json', 404],
  ['//docs', 404],
  ['http://127.0.0.1/films', 400],
  ['http://evil.example/films', 400],
  ['films', 400],
  ['*', 400],
  [`/films/${'1'.repeat(300)}`, 400, 404, 414],
  [`/films?query=${'x'.repeat(20_000)}`, 431],
]

for (const [path, ...statuses] of paths) {
  const shown = path.length > 60 ? `${path.slice(0, 40)}… (${path.length})` : path
  test(`the path ${JSON.stringify(shown)} leads nowhere`, async (t) => {
    const { send, seen } = await open(t)
    assertRefused(await send(Buffer.from(get(path), 'latin1')), statuses)
    assert.deepEqual(seen, [])
  })
}

const post = (headers: string, body: string): string =>
  `POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`
const hidden = 'GET /films/666 HTTP/1.1\r\nHost: x\r\n\r\n'

/** A second request in the first one's body, for whoever reads lengths in another way. */
const smuggled: Readonly<Record<string, string>> = {
  'Content-Length and Transfer-Encoding': post('Content-Length: 4\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`),
  'Transfer-Encoding and Content-Length': post('Transfer-Encoding: chunked\r\nContent-Length: 4', `0\r\n\r\n${hidden}`),
  'two lengths': post('Content-Length: 2\r\nContent-Length: 50', `{}${hidden}`),
  'two equal lengths': post('Content-Length: 2\r\nContent-Length: 2', `{}${hidden}`),
  'a list of lengths': post('Content-Length: 2, 2', `{}${hidden}`),
  'a negative length': post('Content-Length: -2', `{}${hidden}`),
  'a length with a plus': post('Content-Length: +2', `{}${hidden}`),
  'a length in hexadecimal': post('Content-Length: 0x2', `{}${hidden}`),
  'a length beyond numbers': post('Content-Length: 99999999999999999999999', `{}${hidden}`),
  'an empty length': post('Content-Length: ', `{}${hidden}`),
  'an encoding that is not the last': post('Transfer-Encoding: chunked, identity', `0\r\n\r\n${hidden}`),
  'an encoding nobody knows': post('Transfer-Encoding: xchunked', `0\r\n\r\n${hidden}`),
  'two encodings': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `0\r\n\r\n${hidden}`),
  'a space before the colon': post('Transfer-Encoding : chunked', `0\r\n\r\n${hidden}`),
  'a folded header': post('X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 2', `{}`),
  'a folded encoding': post('Transfer-Encoding:\r\n chunked', `0\r\n\r\n${hidden}`),
  'a vertical tab in the encoding': post('Transfer-Encoding: \x0bchunked', `0\r\n\r\n${hidden}`),
  'a bare line feed': post('X-A: b\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`),
  'a bare carriage return': post('X-A: b\rTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`),
  'a null in a header': post('X-A: b\0c\r\nContent-Length: 2', '{}'),
  'a chunk size that is none': post('Transfer-Encoding: chunked', `2x\r\n{}\r\n0\r\n\r\n${hidden}`),
  'a chunk size with a minus': post('Transfer-Encoding: chunked', `-2\r\n{}\r\n0\r\n\r\n${hidden}`),
  'a chunk size beyond numbers': post('Transfer-Encoding: chunked', `fffffffffffffffff\r\n{}\r\n0\r\n\r\n${hidden}`),
  'a chunk that ends elsewhere': post('Transfer-Encoding: chunked', `1\r\n{}\r\n0\r\n\r\n${hidden}`),
  'a chunk with a bare line feed': post('Transfer-Encoding: chunked', `2\n{}\n0\n\n${hidden}`),
  'a GET with a body': `GET /films HTTP/1.1\r\nHost: x\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  'a GET with chunks': `GET /films HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'HTTP/1.0 with chunks': `POST /users HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
}

for (const [what, bytes] of Object.entries(smuggled)) {
  test(`no request is smuggled with ${what}`, async (t) => {
    const { send, seen } = await open(t)
    const said = await send(Buffer.from(bytes, 'latin1'))
    assert.ok(
      seen.every(({ url }) => url === '/users'),
      JSON.stringify(seen),
    )
    assertRefused(said, [400, 415])
    assert.deepEqual(seen, [])
  })
}

const line = (first: string, headers = 'Host: x'): string => `${first}\r\n${headers}\r\nConnection: close\r\n\r\n`

const odd: Readonly<Record<string, readonly [bytes: string, ...statuses: number[]]>> = {
  'a tunnel (CONNECT)': [line('CONNECT evil.example:443 HTTP/1.1'), 405],
  TRACE: [line('TRACE /films HTTP/1.1'), 405],
  'OPTIONS for everything': [line('OPTIONS * HTTP/1.1'), 400],
  OPTIONS: [line('OPTIONS /films HTTP/1.1'), 405],
  PATCH: [line('PATCH /users/me HTTP/1.1'), 405],
  PROPFIND: [line('PROPFIND /films HTTP/1.1'), 404, 405],
  PURGE: [line('PURGE /films HTTP/1.1'), 404, 405],
  'a method nobody knows': [line('HACK /films HTTP/1.1'), 400],
  'a method in lower case': [line('get /films HTTP/1.1'), 400],
  'another method by a header': [line('GET /users HTTP/1.1', 'Host: x\r\nX-HTTP-Method-Override: POST'), 405],
  'no host': ['GET /films HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  'two hosts': [line('GET /films HTTP/1.1', 'Host: x\r\nHost: y'), 400],
  'HTTP/9.9': [line('GET /films HTTP/9.9'), 400],
  'no version': ['GET /films\r\n\r\n', 400],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  'a TLS hello': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  'two tokens': [line('GET /logins HTTP/1.1', 'Host: x\r\nAuthorization: user 1\r\nAuthorization: user 2'), 400],
  'two keys': [
    line(
      'POST /films/1/rentals HTTP/1.1',
      'Host: x\r\nAuthorization: user 1\r\nIdempotency-Key: a\r\nIdempotency-Key: b',
    ),
    400,
  ],
  'two content types': [
    `POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`,
    400,
  ],
  'a flood of headers': [line('GET /films HTTP/1.1', `Host: x\r\n${'x: y\r\n'.repeat(200)}x: y`), 431],
  'a header of 20 kB': [line('GET /films HTTP/1.1', `Host: x\r\nX-A: ${'a'.repeat(20_000)}`), 431],
  'a body of 1 MB': [post('Content-Length: 1000000', '{"a":"'), 413],
  'endless chunks': [post('Transfer-Encoding: chunked', `1000\r\n${'x'.repeat(4096)}\r\n`.repeat(6)), 413],
  'a compressed body': [post('Content-Encoding: gzip\r\nContent-Length: 4', '\x1f\x8b\x08\x00'), 400, 415],
  'a form': [
    'POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 2\r\n\r\n{}',
    415,
  ],
  'no content type': ['POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}', 415],
  'a content type that begins like ours': [
    'POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/jsonp\r\nContent-Length: 2\r\n\r\n{}',
    415,
  ],
}

for (const [what, [bytes, ...statuses]] of Object.entries(odd)) {
  test(`${what} is answered with a problem, and reaches nobody`, async (t) => {
    const { send, seen } = await open(t)
    assertRefused(await send(Buffer.from(bytes, 'latin1')), statuses)
    assert.deepEqual(seen, [])
  })
}

test('an upgrade is not made: the request is answered as any other', async (t) => {
  const { send, seen } = await open(t)
  const headers = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk'
  const said = await send(`GET /films HTTP/1.1\r\n${headers}\r\n\r\n`)
  assert.deepEqual(statusesIn(said), [200])
  assert.equal(seen[0]?.headers.upgrade, undefined)
  assert.equal(seen[0]?.headers.connection, 'keep-alive')
})

test('headers that a client names in Connection do not stop ours', async (t) => {
  const { send, seen } = await open(t)
  await send(line('GET /films HTTP/1.1', 'Host: x\r\nConnection: x-forwarded-for\r\nX-Forwarded-For: 6.6.6.6'))
  assert.equal(seen[0]?.headers['x-forwarded-for'], '127.0.0.1')
})

test('requests in one go are answered one by one, in order', async (t) => {
  const { send, seen } = await open(t)
  const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
  const said = await send(`${one('/films/1')}${one('/nowhere')}${one('/films/2')}`)
  assert.deepEqual(statusesIn(said), [200, 404, 200])
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/films/1', '/films/2'],
  )
})

test('a chunked body reaches the service as one with a length', async (t) => {
  const { send, seen } = await open(t)
  await send(post('Transfer-Encoding: chunked', '1;x=y\r\n{\r\n1\r\n}\r\n0\r\nX-Trailer: evil\r\n\r\n'))
  assert.equal(seen[0]?.body, '{}')
  assert.equal(seen[0]?.headers['content-length'], '2')
  assert.equal(seen[0]?.headers['transfer-encoding'], undefined)
  assert.equal(seen[0]?.headers['x-trailer'], undefined)
})

const pieces = [
  '/',
  '/films',
  '/users',
  '/sessions',
  '/1',
  '..',
  '%2f',
  '%00',
  '?',
  '#',
  '\\',
  '\r\n',
  ' ',
  '\t',
  ':',
  ',',
]
const words = [
  'GET',
  'POST',
  'HTTP/1.1',
  'Host: x',
  'Content-Length: 3',
  'Transfer-Encoding: chunked',
  '0\r\n\r\n',
  '{}',
]

test('no mixture of what a request is made of is answered with a failure of ours', async (t) => {
  const { send } = await open(t)
  const mixture = fc.array(
    fc.oneof(fc.constantFrom(...pieces, ...words), fc.string({ unit: 'binary', maxLength: 5 })),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  const property = fc.asyncProperty(mixture, async (parts) => {
    const said = await send(Buffer.from(`GET ${parts.join('')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`))
    assert.ok(
      statusesIn(said).every((status) => status < 500),
      said,
    )
    assert.doesNotMatch(said, /\bat [\w.]+ \(|node_modules/)
  })
  await fc.assert(property, { numRuns: 150, interruptAfterTimeLimit: 30_000 })
})
