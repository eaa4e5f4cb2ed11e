/** What is another's: with an account of one's own, by every route with an id, and by headers that say who one is. */
import { type Facts, type Row, request, type Sent } from './row.ts'

const wrongCode = '000000'

/** Headers by which somebody past the gateway would say who they are. */
const identities: Readonly<Record<string, (facts: Facts) => Readonly<Record<string, string>>>> = {
  'with a user id in a header': ({ anna }) => ({
    'x-user-id': String(anna.userId),
    'x-userid': String(anna.userId),
    'x-user': String(anna.userId),
  }),
  'with a name in a header, as a proxy would send it': ({ anna }) => ({
    'x-forwarded-user': anna.email,
    'x-remote-user': anna.email,
    'remote-user': anna.email,
    'x-auth-request-email': anna.email,
  }),
  'with a role in a header': () => ({ 'x-role': 'admin', 'x-admin': 'true', 'x-internal': '1' }),
  'with the claims of a token in a header': ({ anna }) => ({
    'x-jwt-payload': anna.token.split('.')[1] ?? '',
    'x-endpoint-api-userinfo': anna.token.split('.')[1] ?? '',
  }),
  'with an address of this machine in a header': () => ({
    'x-forwarded-for': '127.0.0.1',
    'x-real-ip': '127.0.0.1',
    forwarded: 'for=127.0.0.1',
    'x-client-ip': '127.0.0.1',
  }),
  'with the name of a service in a header': () => ({
    host: 'users',
    'x-forwarded-host': 'users',
    via: '1.1 gateway',
    'x-service': 'gateway',
  }),
  'with a cookie': ({ anna }) => ({ cookie: `userId=${anna.userId}; session=${sessionOf(anna.token)}` }),
}

const guarded = {
  users: [
    ['GET', '/users/me'],
    ['DELETE', '/sessions/current'],
  ],
  films: [
    ['GET', '/rentals'],
    ['POST', '/films/46/rentals'],
  ],
  gateway: [
    ['GET', '/users/me'],
    ['GET', '/rentals'],
    ['GET', '/logins'],
    ['DELETE', '/sessions/current'],
    ['POST', '/films/46/rentals'],
  ],
} as const

const own: readonly Row[] = [
  {
    what: "to another's rental",
    statuses: [404],
    sends: ({ anna, boris: { token } }) =>
      (['gateway', 'films'] as const).map((to) =>
        request('POST', `/rentals/${anna.rentalId}/confirmation`, { to, token, body: { code: wrongCode } }),
      ),
  },
  {
    what: 'to a rental that is not there, with the same answer',
    statuses: [404],
    sends: ({ boris: { token } }) => [
      request('POST', '/rentals/999999/confirmation', { token, body: { code: wrongCode } }),
    ],
  },
  {
    what: 'to a rental by a path of its own',
    statuses: [404, 405],
    sends: ({ anna, boris: { token } }) =>
      ['GET', 'DELETE', 'PATCH', 'PUT'].flatMap((method) => [
        request(method, `/rentals/${anna.rentalId}`, { token }),
        request(method, `/users/${anna.userId}/rentals`, { token }),
        request(method, `/films/46/rentals/${anna.rentalId}`, { token }),
      ]),
  },
  {
    what: "to another's account by its id",
    statuses: [404, 405],
    sends: ({ anna, boris: { token } }) =>
      ['GET', 'DELETE', 'PATCH', 'PUT', 'POST'].map((method) => request(method, `/users/${anna.userId}`, { token })),
  },
  {
    what: "to another's session by its id",
    statuses: [404, 405],
    sends: ({ anna, boris: { token } }) =>
      ['GET', 'DELETE', 'POST'].flatMap((method) => [
        request(method, `/sessions/${sessionOf(anna.token)}`, { token }),
        request(method, `/users/${anna.userId}/sessions`, { token }),
      ]),
  },
  {
    what: "to another's sign-ins by their user",
    statuses: [400, 404, 405],
    sends: ({ anna, boris: { token } }) => [
      request('GET', `/logins/${anna.userId}`, { token }),
      request('GET', `/logins?userId=${anna.userId}`, { token, field: 'userId' }),
      request('GET', `/users/${anna.userId}/logins`, { token }),
    ],
  },
  {
    what: 'to a film that is not there',
    statuses: [404],
    sends: ({ boris: { token } }) => [
      request('GET', '/films/999999'),
      request('POST', '/films/999999/rentals', { token }),
    ],
  },
]

const mailbox: readonly Row[] = [
  {
    what: 'to the mailbox by a name that is not its own',
    statuses: [421],
    sends: () =>
      ['evil.example', 'localhost.evil.example', 'evil.example:8025', 'localhost@evil.example', '']
        .slice(0, 4)
        .map((host) => request('GET', '/api/v1/messages', { to: 'mailbox', headers: { host } })),
  },
  {
    what: "to the mailbox from another site's page",
    statuses: [403],
    sends: () => [
      request('GET', '/api/v1/messages', { to: 'mailbox', headers: { origin: 'http://evil.example' } }),
      request('DELETE', '/api/v1/messages', { to: 'mailbox', headers: { origin: 'null' } }),
      request('GET', '/view/latest', { to: 'mailbox', headers: { 'sec-fetch-site': 'cross-site' } }),
    ],
  },
  {
    what: 'to the mailbox by an id or a path that is none',
    statuses: [400, 404, 405],
    sends: () =>
      [
        '/api/v1/message/1',
        "/api/v1/message/'",
        '/api/v1/message/..%2f..%2fusers.db',
        '/view/..',
        '/api/v1/message/latest/part/../..',
        '/..%2fdata%2fmailbox.db',
        '/api/v1/messages?limit=-1',
        '/api/v1/messages?start=x',
      ].map((path) => request('GET', path, { to: 'mailbox' })),
  },
  {
    what: 'to the mailbox by a body that is none',
    statuses: [400, 413, 415],
    sends: () =>
      [
        '{"IDs":1}',
        '{"IDs":[1]}',
        '{',
        '{"__proto__":1}',
        `{"IDs":["${'x'.repeat(100)}"]}`,
        `"${'x'.repeat(17_000)}"`,
      ].map((body) => request('DELETE', '/api/v1/messages', { to: 'mailbox', body })),
  },
]

export const otherRows: readonly Row[] = [
  ...own,
  ...Object.entries(identities).map(([what, headers]) => ({
    what: `past the gateway ${what}`,
    statuses: [401],
    sends: (facts: Facts): readonly Sent[] =>
      Object.entries(guarded).flatMap(([to, routes]) =>
        routes.map(([method, path]) =>
          request(method, path, { to: to as keyof typeof guarded, headers: headers(facts) }),
        ),
      ),
  })),
  ...mailbox,
]

function sessionOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid
}
