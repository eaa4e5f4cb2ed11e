/** Bodies that are none, and fields that are not what they should be, on every route with a body. */
import { eachField, toEach } from './routes.ts'
import { type Facts, type Row, request } from './row.ts'

type Body = string | Buffer
const pad = (body: object, more: string): string => `${JSON.stringify(body).slice(0, -1)},${more}}`

/** What is no body at all: the whole of it is refused. */
const unreadable: Readonly<Record<string, readonly Body[]>> = {
  'with a body that is cut off': ['{', '{"email":', '{"email":"anna@exam', '['],
  'with a body that is almost JSON': [
    "{'a':1}",
    '{a:1}',
    '{"a":1,}',
    '{"a":NaN}',
    '{"a":01}',
    '/**/{}',
    '{"a":"\n"}',
    '\u00a0{}',
  ],
  'with two bodies in one': ['{}{}', '{} x', 'null,null'],
  'with a name that is no UTF-8': [Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  'with a value that is no UTF-8': [
    Buffer.concat([Buffer.from('{"email":"'), Buffer.from([0xc0, 0xae, 0xed, 0xa0, 0x80]), Buffer.from('"}')]),
  ],
  'with a body in UTF-16': [Buffer.from('{"email":"anna@example.org"}', 'utf16le')],
  'with a body of zeros': [Buffer.alloc(100)],
  'with a body that is too deep': ['['.repeat(17) + ']'.repeat(17), '['.repeat(8000), '{"a":'.repeat(2500)],
  'with too many values': [
    `[${'0,'.repeat(1500)}0]`,
    `{${Array.from({ length: 1200 }, (_, n) => `"k${n}":0`).join()}}`,
  ],
}

/** What is JSON, but no object. */
const noObjects: readonly Body[] = ['', '[]', '"text"', '1', 'null', 'true', '[{}]', '-0', '1e400']

/** Names that the body may not have; each field must be named. */
const names: Readonly<Record<string, readonly (readonly [text: string, field: string])[]>> = {
  'with __proto__ in the body': [
    ['"__proto__":{"isAdmin":true}', '__proto__'],
    ['"__proto__":null', '__proto__'],
    ['"\\u005f\\u005fproto\\u005f_":{}', '__proto__'],
  ],
  'with a constructor in the body': [
    ['"constructor":{"prototype":{"isAdmin":true}}', 'constructor'],
    ['"prototype":{}', 'prototype'],
  ],
  'with a method in the body': [
    ['"toString":1', 'toString'],
    ['"hasOwnProperty":1', 'hasOwnProperty'],
    ['"toJSON":{}', 'toJSON'],
  ],
  'with rights that one gives oneself': ['admin', 'isAdmin', 'role', 'emailConfirmed'].map(
    (name) => [`"${name}":true`, name] as const,
  ),
  "with another's id": ['id', 'userId', 'user_id', 'rentalId', 'sub'].map((name) => [`"${name}":1`, name] as const),
  'with a field in another case': [
    ['"Email":"eve@example.org"', 'Email'],
    ['"CODE":"1"', 'CODE'],
  ],
  'with a field that has an odd name': [
    ['"":1', ''],
    ['"$where":"1"', '$where'],
    ['"a.b":1', 'a.b'],
    ['"a\\u0000":1', 'a\u0000'],
  ],
}

const contentTypes: Readonly<Record<string, readonly string[]>> = {
  'with a form': ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'],
  'with text, as a page of another site can send it': ['text/plain', 'text/plain; application/json', 'text/json'],
  'with a content type that is almost ours': [
    'application/jsonp',
    'application/json-patch+json',
    'application/ld+json',
    'application/ json',
    'json',
    '*/*',
    'application/json, text/plain',
  ],
  'with XML': ['application/xml', 'text/xml'],
  'with bytes': ['application/octet-stream', 'application/gzip', 'application/msgpack'],
}

const others: readonly unknown[] = [1, 0, true, false, null, [], {}, ['x'], { $ne: '' }, { toString: 1 }]

const wrongFields: Readonly<
  Record<string, { readonly change: readonly ((found: string) => unknown)[]; readonly fields?: readonly string[] }>
> = {
  'with a field that is missing': { change: [() => undefined] },
  'with a field of another type': { change: others.map((other) => () => other) },
  'with a list in place of one value': {
    change: [(found) => [found], (found) => [found, found], (found) => ({ 0: found, length: 1 })],
  },
  'with an empty field': { change: [() => ''] },
  'with a field of 10,000 characters': { change: [(found) => found.repeat(10_000).slice(0, 10_000)] },
  'with a zero byte in a field': {
    change: [(found) => `${found}\0`, (found) => `\0${found}`],
    fields: ['email', 'code', 'refreshToken'],
  },
  'with a space around a field': {
    change: [(found) => ` ${found}`, (found) => `${found}\n`, (found) => `${found}\u200b`],
    fields: ['email', 'code', 'refreshToken'],
  },
  'with half a letter in a field': {
    change: [(found) => `\ud800${found}`, (found) => `${found}\udc00`],
    fields: ['email', 'code', 'refreshToken', 'newPassword'],
  },
}

export const bodyRows: readonly Row[] = [
  ...Object.entries(unreadable).map(([what, bodies]) => ({
    what,
    statuses: [400],
    sends: (facts: Facts) => bodies.flatMap((body) => toEach(facts, () => ({ body }))),
  })),
  {
    what: 'with a body that is no object',
    statuses: [400],
    sends: (facts) => noObjects.flatMap((body) => toEach(facts, () => ({ body, field: 'body' }))),
  },
  {
    what: 'with a body of more than 16 KiB',
    statuses: [413],
    sends: (facts) => toEach(facts, ({ body }) => ({ body: pad(body, `"more":"${'x'.repeat(17_000)}"`) })),
  },
  {
    what: 'with a body that is compressed',
    statuses: [400, 415],
    sends: (facts) =>
      toEach(facts, () => ({ body: Buffer.from([0x1f, 0x8b, 8, 0]), headers: { 'content-encoding': 'gzip' } })),
  },
  {
    what: 'with a body of no type',
    statuses: [415],
    sends: (facts) => toEach(facts, ({ body }) => ({ body, headers: { 'content-type': '' } })),
  },
  ...Object.entries(names).map(([what, texts]) => ({
    what,
    statuses: [400],
    sends: (facts: Facts) =>
      texts.flatMap(([text, field]) => toEach(facts, ({ body }) => ({ body: pad(body, text), field }))),
  })),
  ...Object.entries(contentTypes).map(([what, types]) => ({
    what,
    statuses: [415],
    sends: (facts: Facts) =>
      types.flatMap((type) => toEach(facts, ({ body }) => ({ body, headers: { 'content-type': type } }))),
  })),
  ...Object.entries(wrongFields).map(([what, { change, fields }]) => ({
    what,
    statuses: [400],
    sends: (facts: Facts) => change.flatMap((one) => eachField(facts, one, fields)),
  })),
  {
    what: 'with a body where none is taken',
    statuses: [400],
    sends: ({ boris: { token } }) => [
      request('POST', '/films/46/rentals', { token, body: { userId: 1 }, field: 'userId' }),
      request('POST', '/films/46/rentals', { token, body: { status: 'active' }, field: 'status' }),
      request('POST', '/films/46/rentals', { token, body: '[]', field: 'body' }),
      request('DELETE', '/sessions/current', { token, body: { id: 'x' }, field: 'id' }),
      request('GET', '/films', { body: {} }),
      request('GET', '/logins', { token, body: {} }),
    ],
  },
]
