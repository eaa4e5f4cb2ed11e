/** Values that look like what a field takes: addresses that carry more, codes, passwords, names, ids, pages. */
import { eachField } from './routes.ts'
import { type Facts, type Row, request, type Sent } from './row.ts'

const addresses: Readonly<Record<string, readonly string[]>> = {
  'with a second header behind an address': [
    'anna@example.org\r\nBcc: eve@example.org',
    'anna@example.org\nBcc: eve@example.org',
    'anna@example.org\rBcc: eve@example.org',
    'anna@example.org%0d%0aBcc:eve@example.org',
  ],
  'with a second address': [
    'anna@example.org,eve@example.org',
    'anna@example.org;eve@example.org',
    'anna@example.org eve@example.org',
    'anna@example.org\teve@example.org',
  ],
  'with a command of SMTP behind an address': [
    'anna@example.org>\r\nRCPT TO:<eve@example.org',
    'anna@example.org> SIZE=1',
    'anna@example.org\r\n.\r\nMAIL FROM:<x',
  ],
  'with a name before an address': [
    'Anna <anna@example.org>',
    '<anna@example.org>',
    '"anna"@example.org',
    'anna(x)@example.org',
  ],
  'with a route in an address': [
    '@evil.example:anna@example.org',
    'anna@evil.example@example.org',
    'evil.example!anna',
  ],
  'with an address in letters that look alike': [
    'anna@example.org'.replace('a', 'а'),
    'anna＠example.org',
    'anna@ban\u212a.example',
    '\u212aate@example.org',
    'anna@exampl\u0435.org',
    'anna@xn--\u00e9.org',
  ],
  'with an address that reads backwards': [
    '\u202egro.elpmaxe@anna',
    'anna\u200b@example.org',
    '\ufeffanna@example.org',
  ],
  'with an address that is a machine': [
    'anna@[127.0.0.1]',
    'anna@127.0.0.1',
    'anna@localhost',
    'anna@[IPv6:::1]',
    'anna@0x7f.1',
  ],
  'with an address that is too long': [
    `${'a'.repeat(65)}@example.org`,
    `anna@${'a.'.repeat(130)}org`,
    `anna@${'a'.repeat(64)}.org`,
  ],
  'with dots where none may be': [
    '.anna@example.org',
    'anna.@example.org',
    'an..na@example.org',
    'anna@.example.org',
    'anna@example..org',
    'anna@example.org.',
  ],
  'with half an address': [
    'anna',
    '@',
    'anna@',
    '@example.org',
    'anna@example',
    'anna@-x.org',
    'anna@x-.org',
    'anna@x_y.org',
  ],
  'with a page in an address': [
    '<script>alert(1)</script>@example.org',
    '"><img src=x onerror=alert(1)>@example.org',
    'javascript:alert(1)',
  ],
  'with a template in an address': ['{{7*7}} @example.org', '#{7*7}@ example.org', '<%= 7*7 %>@example.org'],
}

const codes: Readonly<Record<string, readonly string[]>> = {
  'with a code of another length': ['12345', '1234567', '0', '000000000000'],
  'with a code that is another number': ['-12345', '+12345', '1e5000', '0x1234', '1234.5', '12_345'],
  'with a code in other digits': ['１２３４５６', '٠١٢٣٤٥', '१२३४५६', '①②③④⑤⑥'],
  'with a pattern in place of a code': ['......', '??????', '%%%%%%', '_ _ _ ', '[0-9]{6}', "' OR 1", '******'],
}

const passwords: Readonly<Record<string, readonly string[]>> = {
  'with a password that is too short': ['short', '1234567', '       '.slice(1), 'é'.normalize('NFD').repeat(4)],
  'with a password of more than 256 characters': ['correct horse '.repeat(20)],
  'with a password that everybody tries first': ['password123', 'PASSWORD123', 'qwertyuiop', 'aaaaaaaaaa'],
  'with such a password in other letters': ['ｐａｓｓｗｏｒｄ１２３', '𝐛𝐚𝐬𝐞𝐛𝐚𝐥𝐥'],
}

const names: Readonly<Record<string, readonly unknown[]>> = {
  'with a second line in a name': ['Eve\r\nBcc: all@example.org', 'Eve\nx', 'Eve\u0085x'],
  'with a name that is too long or empty': ['x'.repeat(101), '', '   ', '\t'],
  'with a name that is none': [1, null, [], {}, ['Eve'], 'Eve\u0000', '\ud800'],
}

const ids = {
  'with an id of zero or less': ['0', '-1', '-0', '00'],
  'with an id that is another number': [
    '1.0',
    '01',
    '1e0',
    '+1',
    '0x1',
    'Infinity',
    'NaN',
    '1_0',
    '%EF%BC%91',
    '%D9%A1',
  ],
  'with an id beyond all numbers': ['9'.repeat(16), '9'.repeat(190), '9223372036854775808', '18446744073709551616'],
  'with an id that is SQL': [
    "1'",
    '1;DROP',
    '1%20OR%201=1',
    '1--',
    '1%27%20UNION%20SELECT%20password%20FROM%20users--',
    '*',
  ],
  'with an id that is no id': [
    'null',
    'undefined',
    'true',
    '[object%20Object]',
    '$ne',
    '%7B%7D',
    '__proto__',
    'constructor',
  ],
  'with bytes in an id': ['%00', '1%00', '%0d%0a', '1%0aX:y'],
}

const pages: Readonly<Record<string, readonly (readonly [query: string, field: string])[]>> = {
  'with a page that is none': [
    '0',
    '-1',
    '1.5',
    '1e1',
    'x',
    '',
    '%201',
    '0x1',
    '1000001',
    '99999999',
    'NaN',
    'null',
    '%EF%BC%91',
  ].map((value) => [`page=${value}`, 'page'] as const),
  'with a page of too many or no items': ['0', '101', '1000', '-20', '1e9', '9999999', 'all'].map(
    (value) => [`pageSize=${value}`, 'pageSize'] as const,
  ),
  'with two pages at once': [
    ['page=1&page=2', 'page'],
    ['pageSize=1&pageSize=100', 'pageSize'],
  ],
  'with a page in brackets': [
    ['page[]=1', 'page[]'],
    ['page[$gt]=0', 'page[$gt]'],
    ['page.x=1', 'page.x'],
  ],
  'with a page in another case': [
    ['Page=1', 'Page'],
    ['PAGESIZE=1', 'PAGESIZE'],
    ['page_size=1', 'page_size'],
    ['limit=1', 'limit'],
  ],
  "with another's id in a query": [
    ['userId=1', 'userId'],
    ['user_id=1', 'user_id'],
    ['sub=1', 'sub'],
    ['email=anna@example.org', 'email'],
  ],
  'with SQL in a query': [
    ['page=1%20UNION%20SELECT%201', 'page'],
    ['sort=id;DROP', 'sort'],
    ["page=1'", 'page'],
  ],
  'with __proto__ in a query': [
    ['__proto__[x]=1', '__proto__[x]'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
  ],
  'with a query that is no UTF-8': [
    ['page=%ff', 'page'],
    ['x=%C3', 'x'],
    ['page=%', 'page'],
    ['page=%E0%80%80', 'page'],
  ],
}

const searches: Readonly<Record<string, readonly (readonly [query: string, field: string])[]>> = {
  'with a search that is too long': [
    [`query=${'a'.repeat(201)}`, 'query'],
    [`genre=${'a'.repeat(51)}`, 'genre'],
  ],
  'with control characters in a search': [
    ['query=%00', 'query'],
    ['query=a%0d%0ab', 'query'],
    ['genre=%1b[2J', 'genre'],
    ['query=%C2%85x', 'query'],
  ],
  'with two searches at once': [
    ['query=a&query=b', 'query'],
    ['genre=a&genre=b', 'genre'],
  ],
}

const lists = ['/films', '/rentals', '/logins']

export const fieldRows: readonly Row[] = [
  ...values(addresses, ['email']),
  ...values(codes, ['code']),
  ...rowsOf(passwords, (value, { anna: { email } }) => [
    request('POST', '/users', { body: { email: 'eve@example.org', password: value }, field: 'password' }),
    request('POST', '/password-resets/confirm', {
      body: { email, code: '000000', newPassword: value },
      field: 'newPassword',
    }),
  ]),
  ...rowsOf(names, (name) => [
    request('POST', '/users', { body: { email: 'eve@example.org', password: 'correct horse', name }, field: 'name' }),
  ]),
  ...rowsOf(ids, (id, { boris: { token } }) => [
    request('GET', `/films/${id}`, { field: 'id' }),
    request('POST', `/films/${id}/rentals`, { token, field: 'id' }),
    request('POST', `/rentals/${id}/confirmation`, { token, body: { code: '000000' }, field: 'id' }),
  ]),
  {
    what: 'with an id that is no UTF-8',
    statuses: [400],
    sends: ({ boris: { token } }) =>
      ['%ff', '%c0%ae', '%', '%zz', '%ED%A0%80'].flatMap((id) => [
        request('GET', `/films/${id}`, { field: 'path' }),
        request('POST', `/rentals/${id}/confirmation`, { token, body: { code: '000000' }, field: 'path' }),
      ]),
  },
  ...rowsOf(pages, ([query, field], { boris: { token } }) =>
    lists.map((path) => request('GET', `${path}?${query}`, { token, field })),
  ),
  ...rowsOf(searches, ([query, field]) => [request('GET', `/films?${query}`, { field })]),
  {
    what: 'with a query where none is taken',
    statuses: [400],
    sends: ({ anna, boris: { token } }) => [
      request('GET', '/users/me?userId=1', { token, field: 'userId' }),
      request('GET', '/films/46?userId=1', { field: 'userId' }),
      request('POST', '/films/46/rentals?filmId=47', { token, field: 'filmId' }),
      request('POST', '/sessions?admin=1', { body: { email: anna.email, password: 'x' }, field: 'admin' }),
      request('DELETE', '/sessions/current?id=x', { token, field: 'id' }),
    ],
  },
  {
    what: 'with a key for repeats that is none',
    statuses: [400],
    sends: ({ boris: { token } }) =>
      ['x'.repeat(256), 'a b', '\u00e9', 'a\tb'].map((key) =>
        request('POST', '/films/46/rentals', { token, headers: { 'idempotency-key': key }, field: 'Idempotency-Key' }),
      ),
  },
]

function values(of: Readonly<Record<string, readonly string[]>>, fields: readonly string[]): readonly Row[] {
  return rowsOf(of, (value, facts) => eachField(facts, () => value, fields))
}

function rowsOf<Value>(
  of: Readonly<Record<string, readonly Value[]>>,
  send: (value: Value, facts: Facts) => readonly Sent[],
): readonly Row[] {
  return Object.entries(of).map(([what, found]) => ({
    what,
    statuses: [400],
    sends: (facts: Facts) => found.flatMap((value) => send(value, facts)),
  }))
}
