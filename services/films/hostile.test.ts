/** What no honest client sends: refused with the field and the reason, and without any detail of ours. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Films, openFilms } from './films.fixture.ts'

const guarded: readonly (readonly [method: 'GET' | 'POST', url: string])[] = [
  ['POST', '/films/46/rentals'],
  ['POST', '/rentals/1/confirmation'],
  ['GET', '/rentals'],
]

for (const [method, url] of guarded) {
  test(`${method} ${url} without a valid token is answered 401, whatever other headers and the input say`, async (t) => {
    const { http } = await openFilms(t)
    const tokens: readonly Record<string, string>[] = [{}, { authorization: 'Bearer x' }, { authorization: 'user 0' }]
    for (const token of tokens) {
      const headers = { ...token, 'x-user-id': '1', 'x-forwarded-user': '1', cookie: 'userId=1' }
      const answer = await http.inject({ method, url: `${url}?userId=1`, headers })
      assert.equal(answer.statusCode, 401)
      assert.equal(answer.headers['www-authenticate'], 'Bearer')
      assert.doesNotMatch(answer.body, /userId/)
    }
  })
}

async function openRental(t: Parameters<typeof openFilms>[0]): Promise<Films> {
  const films = await openFilms(t)
  await films.confirmed(1)
  await films.rent(46)
  return films
}

/** After all of these the code must still be good: none was a try. */
const badBodies: readonly (readonly [body: unknown, field: string])[] = [
  [{}, 'code'],
  [{ code: 123456 }, 'code'],
  [{ code: null }, 'code'],
  [{ code: true }, 'code'],
  [{ code: ['123456'] }, 'code'],
  [{ code: { $ne: '' } }, 'code'],
  [{ code: '' }, 'code'],
  [{ code: '12345' }, 'code'],
  [{ code: '1234567' }, 'code'],
  [{ code: '12345x' }, 'code'],
  [{ code: ' 123456' }, 'code'],
  [{ code: '123456\n' }, 'code'],
  [{ code: '１２３４５６' }, 'code'],
  [{ code: '1e5000' }, 'code'],
  [{ code: '-12345' }, 'code'],
  [{ code: 'x'.repeat(10_000) }, 'code'],
  [{ code: '123456', userId: 2 }, 'userId'],
  [{ code: '123456', status: 'active' }, 'status'],
  [{ code: '123456', until: '2099-01-01T00:00:00.000Z' }, 'until'],
  [{ code: '123456', constructor: { prototype: {} } }, 'constructor'],
  [[], 'body'],
  ['123456', 'body'],
  [123456, 'body'],
  [null, 'body'],
]

test('a confirmation with a body that is not one names the field, and is no try', async (t) => {
  const films = await openRental(t)
  for (const [body, field] of badBodies) {
    const answer = await films.post('/rentals/1/confirmation', 1, body)
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.deepEqual(
      answer.body.errors.map((error: { field: string }) => error.field),
      [field],
      JSON.stringify(body),
    )
  }
  assert.equal((await films.confirm(1, await films.lastCode())).status, 200)
})

const rawBodies: readonly (readonly [name: string, payload: string | Buffer, status: number, type?: string])[] = [
  ['nothing', '', 400],
  ['no JSON', '{', 400],
  ['two values', '{"code":"123456"}{}', 400],
  ['__proto__', '{"code":"123456","__proto__":{"status":"active"}}', 400],
  ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400],
  ['a depth of 100', `{"code":${'['.repeat(100)}${']'.repeat(100)}}`, 400],
  ['5,000 values', `{"code":[${'1,'.repeat(5000)}1]}`, 400],
  ['20 KB', `{"code":"${'1'.repeat(20_000)}"}`, 413],
  ['text', 'code=123456', 415, 'text/plain'],
  ['a form', 'code=123456', 415, 'application/x-www-form-urlencoded'],
  ['no JSON type', '{"code":"123456"}', 415, 'text/json'],
]

test('a body that cannot be read is refused before it is looked at, and is no try', async (t) => {
  const films = await openRental(t)
  for (const [name, payload, status, type = 'application/json'] of rawBodies) {
    const headers = { authorization: 'user 1', 'content-type': type }
    const answer = await films.http.inject({ method: 'POST', url: '/rentals/1/confirmation', headers, payload })
    assert.equal(answer.statusCode, status, name)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, name)
  }
  assert.equal((await films.confirm(1, await films.lastCode())).status, 200)
})

const ids = ['0', '-1', '1.0', '01', '1e0', '+1', '0x1', 'null', '1;2', '1%2F2', '%00', '%D9%A1', '9'.repeat(16), '%27']

test('an id that is none is answered 400 and named, on every route', async (t) => {
  const films = await openRental(t)
  for (const id of ids) {
    const answers = [
      await films.get(`/films/${id}`),
      await films.post(`/films/${id}/rentals`, 1),
      await films.post(`/rentals/${id}/confirmation`, 1, { code: '123456' }),
    ]
    for (const { status, body } of answers) {
      assert.equal(status, 400, id)
      assert.equal(body.errors[0].field, 'id', id)
    }
  }
})

const paths = [
  '/films/',
  '/films//46',
  '/films/46/',
  '/films/46/rentals/',
  '/films/..%2frentals',
  '/Films',
  '/rentals/1',
  '/rentals/1/confirmation/x',
  '/rentals/1/..',
  '/rentals/%2e%2e',
  '/users',
  '/.env',
  '/films.db',
  '/%',
  '/films/%E0%A4%A',
]

test('a path that is none leads nowhere', async (t) => {
  const { get } = await openFilms(t)
  for (const path of paths) {
    const { status, text } = await get(path, 1)
    assert.ok(status === 400 || status === 404 || status === 405, `${path} ${status}`)
    assert.doesNotMatch(text, /node:|\/work|SQL|sqlite|at .*\.ts/i)
  }
})

const badQueries: readonly (readonly [query: string, field: string])[] = [
  ['page=0', 'page'],
  ['page=x', 'page'],
  ['page=1&page=1', 'page'],
  ['pageSize=1000', 'pageSize'],
  ['userId=2', 'userId'],
  ['user_id=2', 'user_id'],
  ['status=active', 'status'],
  ['__proto__[x]=1', '__proto__[x]'],
]

test('a list of rentals is asked for by page and page size only', async (t) => {
  const films = await openRental(t)
  for (const [query, field] of badQueries) {
    const { status, body } = await films.get(`/rentals?${query}`, 1)
    assert.equal(status, 400, query)
    assert.equal(body.errors[0].field, field)
  }
})

test('a request to rent takes no body but an empty one, and no query', async (t) => {
  const films = await openFilms(t)
  await films.confirmed(1)
  assert.equal((await films.post('/films/46/rentals', 1, { userId: 2 })).body.errors[0].field, 'userId')
  assert.equal((await films.post('/films/46/rentals', 1, { until: 'x', status: 'active' })).status, 400)
  assert.equal((await films.post('/films/46/rentals', 1, [])).status, 400)
  assert.equal((await films.post('/films/46/rentals?filmId=47', 1)).body.errors[0].field, 'filmId')
  assert.equal((await films.post('/films/46/rentals', 1, {})).status, 202)
})

test('other methods are refused', async (t) => {
  const films = await openRental(t)
  for (const url of ['/films', '/films/46', '/rentals', '/rentals/1/confirmation', '/films/46/rentals']) {
    for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
      const { statusCode } = await films.http.inject({ method, url, headers: { authorization: 'user 1' } })
      assert.ok(statusCode === 404 || statusCode === 405, `${method} ${url} ${statusCode}`)
    }
  }
})
