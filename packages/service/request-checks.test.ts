/** What is refused before anything else looks at a request. */
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { checkRequest } from './request-checks.ts'

function check(method: string, ...headers: readonly (readonly [name: string, value: string])[]): void {
  const rawHeaders = headers.flat()
  const lower = { host: 'x', ...Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])) }
  checkRequest({ method, url: '/', rawHeaders, headers: lower, httpVersion: '1.1' } as unknown as IncomingMessage)
}

for (const name of ['Authorization', 'content-type', 'Content-Length', 'HOST', 'idempotency-key', 'traceparent']) {
  test(`${name} may stand only once`, () => {
    check('POST', [name, '1'])
    const refused = { status: 400, message: new RegExp(name, 'i') }
    assert.throws(() => check('POST', [name, '1'], ['x', 'y'], [name.toLowerCase(), '1']), refused)
  })
}

test('other headers may stand more than once', () => {
  check('GET', ['X-Forwarded-For', '1.1.1.1'], ['X-Forwarded-For', '2.2.2.2'])
})

for (const method of ['GET', 'HEAD']) {
  test(`${method} takes no body`, () => {
    check(method, ['Content-Length', '0'])
    assert.throws(() => check(method, ['Content-Length', '5']), { status: 400 })
    assert.throws(() => check(method, ['Transfer-Encoding', 'chunked']), { status: 400 })
  })
}

test('more than 100 headers are refused', () => {
  const headers = Array.from({ length: 101 }, (_, n) => [`x-${n}`, ''] as const)
  check('GET', ...headers.slice(1))
  assert.throws(() => check('GET', ...headers), { status: 431 })
})

test('a host is needed, and a version of HTTP that has one', () => {
  const request = (httpVersion: string, headers: object) =>
    checkRequest({ method: 'GET', url: '/', rawHeaders: [], headers, httpVersion } as unknown as IncomingMessage)
  request('1.1', { host: 'x' })
  request('1.0', {})
  assert.throws(() => request('1.1', {}), { status: 400 })
  assert.throws(() => request('0.9', {}), { status: 400 })
})

for (const url of ['http://127.0.0.1/users', '*', '', 'users']) {
  test(`${JSON.stringify(url)} is no path`, () => {
    const request = { method: 'GET', url, rawHeaders: [], headers: { host: 'x' }, httpVersion: '1.1' }
    assert.throws(() => checkRequest(request as unknown as IncomingMessage), { status: 400 })
  })
}

for (const [query, field] of [
  ['genre=%ff', 'genre'],
  ['a=1&query=%D0%BF%D1', 'query'],
  ['page=%', 'page'],
  ['%ff=1', 'query'],
  ['a=%zz?b=1', 'a'],
  ['query=%ED%A0%80', 'query'],
] as const) {
  test(`the query ${query} is no text, and ${field} is named`, () => {
    const request = {
      method: 'GET',
      url: `/films?${query}`,
      rawHeaders: [],
      headers: { host: 'x' },
      httpVersion: '1.1',
    }
    const errors = [{ field, reason: 'It must be percent-encoded text in UTF-8' }]
    assert.throws(() => checkRequest(request as unknown as IncomingMessage), { status: 400, errors })
  })
}
