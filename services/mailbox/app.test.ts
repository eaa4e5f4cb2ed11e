/** The mailbox over HTTP: Mailpit's API, and nothing for the pages of others. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { migrate } from '@vestnik/service'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { createChanges } from './changes.ts'
import { messagesIn } from './messages.ts'
import { migrations } from './migrations.ts'
import { readPage } from './page-files.ts'

async function open(t: TestContext) {
  const store = await openSqliteStore(':memory:')
  await migrate(store, 'mailbox', migrations)
  const messages = messagesIn(store)
  const health = async () => ({ judged: {}, reported: {} })
  const parts = { messages, changes: createChanges(), page: await readPage(), names: ['mailbox'] }
  const http = createApp(parts, { log: pino({ level: 'silent' }), health })
  t.after(async () => {
    await http.close()
    await store.close()
  })
  const add = (subject: string, rest = '\r\nВаш код: 123456') =>
    messages.add(
      { from: 'a@example.com', to: ['b@example.com'], username: '' },
      Buffer.from(`Subject: ${subject}\r\n${rest}`),
    )
  const get = (url: string, headers: Record<string, string> = {}) => http.inject({ url, headers })
  const remove = (payload?: string | object, headers: Record<string, string> = {}) =>
    http.inject({ method: 'DELETE', url: '/api/v1/messages', headers, ...(payload === undefined ? {} : { payload }) })
  const total = async () => (await get('/api/v1/messages')).json().total
  return { http, messages, add, get, remove, total }
}

test('messages are listed as Mailpit lists them', async (t) => {
  const { add, get } = await open(t)
  for (const subject of ['1', '2', '3']) await add(subject)
  const { messages, ...counts } = (await get('/api/v1/messages?start=1&limit=1')).json()
  assert.deepEqual(counts, {
    total: 3,
    unread: 3,
    count: 1,
    messages_count: 3,
    messages_unread: 3,
    start: 1,
    tags: [],
  })
  assert.deepEqual(
    messages.map(({ Subject, Read }: { Subject: string; Read: boolean }) => [Subject, Read]),
    [['2', false]],
  )
  assert.equal((await get('/api/v1/messages')).json().messages.length, 3)
})

test('50 are listed when no limit is named', async (t) => {
  const { add, get } = await open(t)
  for (let i = 0; i < 51; i += 1) await add(String(i))
  assert.equal((await get('/api/v1/messages')).json().messages.length, 50)
  assert.equal((await get('/api/v1/messages?limit=500')).json().messages.length, 51)
})

for (const query of ['start=-1', 'start=x', 'limit=1.5', 'limit=', 'limit=99999999', 'start=1&start=2']) {
  test(`?${query} is answered 400 and names the field`, async (t) => {
    const answer = await (await open(t)).get(`/api/v1/messages?${query}`)
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().errors[0].field, query.split('=')[0])
  })
}

test('one message is told whole, by its ID or as the latest, and is not new any more', async (t) => {
  const { add, get } = await open(t)
  await add('old')
  const id = await add('new')
  const latest = (await get('/api/v1/message/latest')).json()
  assert.equal(latest.ID, id)
  assert.equal(latest.Text.trim(), 'Ваш код: 123456')
  assert.deepEqual((await get(`/api/v1/message/${id}`)).json(), latest)
  assert.equal((await get('/api/v1/messages')).json().unread, 1)
})

test('its source is answered as it came', async (t) => {
  const { add, get } = await open(t)
  const answer = await get(`/api/v1/message/${await add('Тема')}/raw`)
  assert.match(String(answer.headers['content-type']), /^text\/plain/)
  assert.equal(answer.body, 'Subject: Тема\r\n\r\nВаш код: 123456')
})

test('a part is answered as a file, whatever it says that it is', async (t) => {
  const { add, get } = await open(t)
  const type = 'Content-Type: text/html; name="день.html"'
  const id = await add('x', `${type}\r\nContent-Disposition: attachment\r\n\r\n<script>alert(1)</script>`)
  const answer = await get(`/api/v1/message/${id}/part/1`)
  assert.equal(answer.headers['content-type'], 'application/octet-stream')
  assert.match(String(answer.headers['content-disposition']), /^attachment; filename\*=UTF-8''[A-Za-z0-9%._-]+$/)
  assert.match(answer.body, /<script>/)
  assert.equal((await get(`/api/v1/message/${id}/part/2`)).statusCode, 404)
})

test('what is not there is 404, and what is no ID is 400', async (t) => {
  const { get } = await open(t)
  for (const id of ['latest', '0'.repeat(32)]) {
    for (const path of ['', '/raw', '/part/1']) {
      assert.equal((await get(`/api/v1/message/${id}${path}`)).statusCode, 404, path)
    }
    assert.equal((await get(`/view/${id}`)).statusCode, 404)
  }
  for (const id of ['x', '..%2f..%2fetc%2fpasswd', '0'.repeat(33), "'%20OR%201=1", '%00']) {
    const answer = await get(`/api/v1/message/${id}`)
    assert.equal(answer.statusCode, 400, id)
    assert.equal(answer.json().errors[0].field, 'id')
  }
})

test('some are deleted by their IDs, and all without', async (t) => {
  const { add, remove, total } = await open(t)
  const [first] = [await add('1'), await add('2'), await add('3')]
  const answer = await remove({ IDs: [first] })
  assert.deepEqual([answer.statusCode, answer.body], [200, 'ok'])
  assert.equal(await total(), 2)
  await remove({ IDs: [] })
  assert.equal(await total(), 0)
  await add('4')
  await remove()
  assert.equal(await total(), 0)
})

for (const body of ['{', '[]', '"all"', '{"IDs":"x"}', '{"IDs":[1]}', '{"IDs":null}', '{"__proto__":{"IDs":[]}}']) {
  test(`DELETE with ${body} is answered 400 and deletes nothing`, async (t) => {
    const { add, remove, total } = await open(t)
    await add('1')
    assert.equal((await remove(body, { 'content-type': 'application/json' })).statusCode, 400)
    assert.equal(await total(), 1)
  })
}

const elsewhere: readonly Record<string, string>[] = [
  { origin: 'http://evil.example' },
  { origin: 'null' },
  { origin: 'http://localhost:3000' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
]

for (const headers of elsewhere) {
  test(`a page with ${JSON.stringify(headers)} can neither read nor delete`, async (t) => {
    const { add, get, remove, total } = await open(t)
    const id = await add('1')
    for (const path of [
      '/api/v1/messages',
      `/api/v1/message/${id}`,
      `/view/${id}`,
      '/events',
      '/api/v1/message/latest/raw',
    ]) {
      const answer = await get(path, headers)
      assert.equal(answer.statusCode, 403, path)
      assert.doesNotMatch(answer.body, /123456/)
    }
    assert.equal((await remove(undefined, headers)).statusCode, 403)
    assert.equal(await total(), 1)
  })
}

for (const host of [
  'evil.example',
  'evil.example:8025',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'x@localhost:1',
]) {
  test(`under the name ${JSON.stringify(host)} nothing is answered`, async (t) => {
    const { add, get } = await open(t)
    await add('1')
    for (const path of ['/', '/api/v1/messages', '/readyz']) {
      const answer = await get(path, { host })
      assert.ok([400, 421].includes(answer.statusCode), `${path}: ${answer.statusCode}`)
    }
  })
}

for (const host of ['localhost:8025', '127.0.0.1:8025', '[::1]:8025', '192.168.1.7:80', 'mailbox', 'box.localhost:1']) {
  test(`${host} is a name of this machine`, async (t) => {
    const { get } = await open(t)
    assert.equal((await get('/api/v1/messages', { host })).statusCode, 200)
    const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
    assert.equal((await get('/api/v1/messages', own)).statusCode, 200)
    const { 'sec-fetch-site': _site, ...older } = own
    assert.equal((await get('/api/v1/messages', older)).statusCode, 200)
  })
}

test('a link to the page may stand anywhere, and the page in no frame', async (t) => {
  const { get } = await open(t)
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  assert.equal((await get('/', link)).statusCode, 200)
  assert.equal((await get('/', { ...link, 'sec-fetch-dest': 'iframe' })).statusCode, 403)
  assert.equal((await get('/page/main.js', link)).statusCode, 403)
})

test('the page is made of its own files only, and every answer says so', async (t) => {
  const { get } = await open(t)
  const page = await get('/')
  assert.match(String(page.headers['content-type']), /^text\/html/)
  const named = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')
  assert.ok(named.includes('/page/main.js'))
  for (const path of named) assert.equal((await get(path)).statusCode, 200, path)
  for (const path of ['/', '/page/main.js', '/api/v1/messages', '/nowhere']) {
    const { headers } = await get(path)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/)
    assert.doesNotMatch(policy, /unsafe|\*|http/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.equal(headers['access-control-allow-origin'], undefined)
    assert.equal(headers['x-content-type-options'], 'nosniff')
  }
})

for (const path of [
  '/page/tsconfig.json',
  '/page/find-code.test.ts',
  '/page/../main.ts',
  '/page/%2e%2e/main.ts',
  '/page/',
  '/main.ts',
]) {
  test(`${path} is not served`, async (t) => {
    assert.equal((await (await open(t)).get(path)).statusCode, 404)
  })
}

test("a mail's HTML runs nothing and reaches nobody", async (t) => {
  const { add, get } = await open(t)
  const reaching = [
    '<link rel=preconnect href=//e.example>',
    '<META http-equiv=refresh content=0>',
    '<base href=//e.example>',
  ]
  const id = await add('x', `Content-Type: text/html\r\n\r\n<b>123456</b>${reaching.join('')}<script>alert(1)</script>`)
  const answer = await get(`/view/${id}`)
  const policy = String(answer.headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /sandbox allow-popups allow-popups-to-escape-sandbox;/)
  assert.doesNotMatch(policy, /script-src|allow-scripts|allow-same-origin/)
  assert.doesNotMatch(answer.body, /<(link|meta|base href)/i)
  assert.match(answer.body, /<b>123456<\/b>/)
})

test('images that came with a mail are shown, when they are images', async (t) => {
  const { add, get } = await open(t)
  const part = (type: string, id: string) => `--b\r\nContent-Type: ${type}\r\nContent-ID: <${id}>\r\n\r\nxyz\r\n`
  const html = '--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:good"><img src="cid:bad">\r\n'
  const rest = `Content-Type: multipart/related; boundary=b\r\n\r\n${html}${part('image/png', 'good')}${part('image/svg+xml', 'bad')}--b--`
  const { body } = await get(`/view/${await add('x', rest)}`)
  assert.match(body, /<img src="data:image\/png;base64,[A-Za-z0-9+/=]+"><img src="">/)
})

test('what the mailbox is, and how much is in it, is told', async (t) => {
  const { add, get } = await open(t)
  await add('1')
  const info = (await get('/api/v1/info')).json()
  assert.deepEqual([info.Messages, info.Unread], [1, 1])
  assert.equal((await get('/livez')).statusCode, 200)
  assert.equal((await get('/readyz')).statusCode, 200)
  assert.equal((await get('/metrics')).statusCode, 200)
})
