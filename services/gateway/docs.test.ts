/** The page of the API and its files, as they are served. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from './gateway.fixture.ts'

test('the page has a policy that lets in nothing but its own files', async (t) => {
  const { http } = await openGateway(t)
  const answer = await http.inject('/docs')
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
  const policy = String(answer.headers['content-security-policy'])
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
  assert.doesNotMatch(policy, /unsafe|\*|http:|https:/)
  assert.doesNotMatch(answer.body, /<style|style=|<script(?! type="module" src="\/docs\/)| on\w+=|https?:/)
})

test('every file that the page names is there', async (t) => {
  const { http } = await openGateway(t)
  const { body } = await http.inject('/docs')
  const named = [...body.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, path]) => String(path))
  assert.ok(named.length >= 4)
  for (const path of named) assert.equal((await http.inject(path)).statusCode, 200, path)
})

test('whoever opens the address of the gateway in a browser is led to the page', async (t) => {
  const { http } = await openGateway(t)
  for (const path of ['/', '/docs/']) {
    const answer = await http.inject(path)
    assert.equal(answer.statusCode, 302)
    assert.equal(answer.headers.location, '/docs')
  }
})
