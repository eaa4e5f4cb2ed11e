/** What a handler is given of a request, and what never reaches it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { call } from './call.ts'
import { createHttp } from './http.ts'
import { serve } from './serve.ts'

function open() {
  const http = createHttp({ log: pino({ level: 'silent' }), health: async () => ({ judged: {}, reported: {} }) })
  const verify = async () => ({ userId: 1, sessionId: 's' })
  const order = call('POST', '/orders', { summary: 'Order', idempotent: true, status: 202 })
  serve(http, verify, order, async ({ idempotencyKey }) => ({ idempotencyKey }))
  serve(http, verify, call('POST', '/other', { summary: 'Other', status: 200 }), async ({ idempotencyKey }) => ({
    idempotencyKey,
  }))
  return (url: string, key?: string) =>
    http.inject({ method: 'POST', url, headers: key === undefined ? {} : { 'idempotency-key': key } })
}

test('an idempotent call is given the key that the client gave', async () => {
  const ask = open()
  assert.deepEqual((await ask('/orders', 'a-1')).json(), { idempotencyKey: 'a-1' })
  assert.deepEqual((await ask('/orders')).json(), {})
  assert.deepEqual((await ask('/other', 'a-1')).json(), {})
})

for (const key of ['', ' ', 'with space', 'ключ', 'x'.repeat(256)]) {
  test(`the key ${JSON.stringify(key.slice(0, 20))} is answered 400 and named`, async () => {
    const answer = await open()('/orders', key)
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().errors[0].field, 'Idempotency-Key')
  })
}
