/** Paths and methods that lead nowhere, and requests that two readers might read in two ways. */
import { type Facts, type Row, request, type Sent } from './row.ts'

const paths: Readonly<Record<string, readonly string[]>> = {
  'by dots in a path': [
    '/films/../metrics',
    '/films/%2e%2e/metrics',
    '/films/..%2f..%2fetc/passwd',
    '/docs/../../package.json',
    '/films/..\\metrics',
    '/films/..;/metrics',
    '/%2e/films',
  ],
  'by dots that are encoded twice': [
    '/films/%252e%252e%252fmetrics',
    '/films/%c0%ae%c0%ae/metrics',
    '/%25%32%65%25%32%65/',
  ],
  'by slashes': ['//users/me', '/users//me', '/users/me/', '/users%2fme', '/users%5cme', '/users/./me', '/./users/me'],
  'by a path in other letters': [
    '/Users/me',
    '/USERS/ME',
    '/users/%6de',
    '/us%65rs/me',
    '/users/me%00',
    '/users/me%20',
    '/users/me;x=1',
    '/users/me.json',
  ],
  'by an address in place of a path': [
    'http://127.0.0.1/users/me',
    'http://evil.example/users/me',
    'users/me',
    'file:///etc/passwd',
  ],
  "by a path that is nobody's": [
    '/.env',
    '/.git/config',
    '/data/users.db',
    '/users.db',
    '/keys/token-keys.json',
    '/admin',
    '/internal',
    '/debug',
    '/actuator',
    '/graphql',
    '/wp-login.php',
    '/server-status',
    '/docs/main.ts',
    '/openapi.yaml',
  ],
  'by the paths of the services behind the gateway': [
    '/.well-known/jwks.json',
    '/api/v1/messages',
    '/events',
    '/view/latest',
  ],
  'by a path that no UTF-8 is': ['/films/%ff', '/films/%zz', '/films/%', '/films/%E0%A4%A', '/films/\u00ff'],
  'by a path that is too long': [`/films/${'1'.repeat(300)}`, `/${'a/'.repeat(2000)}`],
}

const methods: Readonly<Record<string, readonly (readonly [method: string, path: string])[]>> = {
  'by methods that a path has not': [
    ['PUT', '/users/me'],
    ['PATCH', '/users/me'],
    ['DELETE', '/users/me'],
    ['POST', '/logins'],
    ['PUT', '/films/46'],
    ['DELETE', '/rentals'],
    ['GET', '/sessions/current'],
    ['DELETE', '/films/46'],
  ],
  'by methods for machines': [
    ['TRACE', '/users/me'],
    ['CONNECT', '127.0.0.1:1'],
    ['OPTIONS', '/users'],
    ['PROPFIND', '/films'],
    ['PURGE', '/films'],
    ['SEARCH', '/films'],
  ],
  'by methods that are none': [
    ['HACK', '/films'],
    ['get', '/films'],
    ['G ET', '/films'],
    ['GET\t', '/films'],
  ],
}

const override = {
  'x-http-method-override': 'DELETE',
  'x-method-override': 'DELETE',
  'x-original-url': '/metrics',
  'x-rewrite-url': '/metrics',
}

const post = (headers: string, body: string): string =>
  `POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`
const get = (headers: string): string => `GET /films?pageSize=1 HTTP/1.1\r\n${headers}\r\n\r\n`
const hidden = 'GET /films/46 HTTP/1.1\r\nHost: x\r\n\r\n'

const smuggled: Readonly<Record<string, readonly string[]>> = {
  'with a length and chunks': [
    post('Content-Length: 4\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`),
    post('Transfer-Encoding: chunked\r\nContent-Length: 4', `0\r\n\r\n${hidden}`),
  ],
  'with two lengths': [
    post('Content-Length: 2\r\nContent-Length: 60', `{}${hidden}`),
    post('Content-Length: 2\r\nContent-Length: 2', `{}${hidden}`),
    post('Content-Length: 2, 2', `{}${hidden}`),
  ],
  'with a length that is none': ['-2', '+2', '0x2', '2 ', '2;', '1e1', '99999999999999999999']
    .slice(0, 3)
    .map((length) => post(`Content-Length: ${length}`, `{}${hidden}`)),
  'with an encoding that is none': ['xchunked', 'chunked, identity', 'identity', '\x0bchunked', 'gzip'].map(
    (encoding) => post(`Transfer-Encoding: ${encoding}`, `0\r\n\r\n${hidden}`),
  ),
  'with an odd header of an encoding': [
    post('Transfer-Encoding : chunked', `0\r\n\r\n${hidden}`),
    post('Transfer-Encoding:\r\n chunked', `0\r\n\r\n${hidden}`),
    post('X: y\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`),
    post('X: y\rTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`),
  ],
  'with chunks that are none': [
    post('Transfer-Encoding: chunked', `2x\r\n{}\r\n0\r\n\r\n${hidden}`),
    post('Transfer-Encoding: chunked', `-2\r\n{}\r\n0\r\n\r\n`),
    post('Transfer-Encoding: chunked', `fffffffffffffffff\r\n{}\r\n`),
    post('Transfer-Encoding: chunked', `1\r\n{}\r\n0\r\n\r\n`),
  ],
  'with a request in the body of a GET': [
    get(`Host: x\r\nContent-Length: ${hidden.length}`) + hidden,
    `${get('Host: x\r\nTransfer-Encoding: chunked')}0\r\n\r\n`,
  ],
  'with a null or a lone line end in a header': [
    get('Host: x\r\nX-A: b\0c'),
    get('Host: x\r\nX-A: b\rc'),
    get('Host: x\r\nX\0A: b'),
  ],
}

const odd: Readonly<Record<string, readonly [statuses: readonly number[], ...bytes: readonly string[]]>> = {
  'without a host, or with two': [[400], get('Accept: */*'), get('Host: x\r\nHost: y')],
  'with headers that may stand only once': [
    [400],
    get('Host: x\r\nAuthorization: a\r\nAuthorization: b'),
    get('Host: x\r\nTraceparent: a\r\nTraceparent: b'),
  ],
  'with too many or too long headers': [
    [431],
    get(`Host: x\r\n${'x: y\r\n'.repeat(150)}x: y`),
    get(`Host: x\r\nX-A: ${'a'.repeat(20_000)}`),
  ],
  'with an expectation that nobody can meet': [[417], get('Host: x\r\nExpect: wonders')],
  'with another version of HTTP': [
    [400],
    'GET /films HTTP/9.9\r\nHost: x\r\n\r\n',
    'GET /films\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ],
  'with what is no HTTP': [
    [400],
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'EHLO evil\r\n',
    '\r\n\r\n\0\0\0\r\n\r\n',
    'SSH-2.0-x\r\n',
  ],
  'with a body that never ends': [
    [413],
    post('Transfer-Encoding: chunked', `1000\r\n${'x'.repeat(4096)}\r\n`.repeat(6)),
    post('Content-Length: 1000000', '{'),
  ],
}

const raw = (bytes: string): Sent => ({ to: 'gateway', bytes: Buffer.from(bytes, 'latin1') })

export const pathRows: readonly Row[] = [
  ...Object.entries(paths).map(([what, found]) => ({
    what,
    statuses: [400, 404, 405, 414],
    sends: ({ boris: { token } }: Facts) => found.map((path) => request('GET', path, { token })),
  })),
  ...Object.entries(methods).map(([what, found]) => ({
    what,
    statuses: [400, 404, 405],
    sends: ({ boris: { token } }: Facts) => found.map(([method, path]) => request(method, path, { token })),
  })),
  {
    what: 'by headers that name another method or path',
    statuses: [401, 404, 405],
    sends: () => [
      request('GET', '/users/me', { headers: override }),
      request('GET', '/nowhere', { headers: override }),
    ],
  },
  ...Object.entries(smuggled).map(([what, found]) => ({ what, statuses: [400, 415], sends: () => found.map(raw) })),
  ...Object.entries(odd).map(([what, [statuses, ...found]]) => ({ what, statuses, sends: () => found.map(raw) })),
]
