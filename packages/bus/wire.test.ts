import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { type Contract, contract } from './contract.ts'
import { decode, encodeBody, encodeHeaders } from './wire.ts'

const login = contract('user.loggedIn', {
  schema: z.object({ userId: z.int().positive(), timestamp: z.iso.datetime() }),
  key: ({ userId }) => String(userId),
  idOf: ({ userId, timestamp }) => `${userId} ${timestamp}`,
  lifeMs: 1_000,
}) as Contract

const payload = { userId: 1, timestamp: '2026-01-17T15:32:26.486Z' }
const body = encodeBody(login, payload)
const fresh = () => 'fresh'

test('the body is the JSON of the payload and nothing else', () => {
  assert.equal(new TextDecoder().decode(body), '{"userId":1,"timestamp":"2026-01-17T15:32:26.486Z"}')
})

test('what is encoded is decoded as it was', async () => {
  const headers = encodeHeaders(login, { source: 'users', time: 5_000, expires: 9_000, notBefore: 6_000 })
  assert.deepEqual(await decode(login, { id: 'a', key: '1', headers, body }, 0, fresh), {
    id: 'a',
    source: 'users',
    key: '1',
    time: 5_000,
    expires: 9_000,
    notBefore: 6_000,
    payload,
    defect: undefined,
  })
})

test('a message of a peer without our headers gets its key and id from the contract, and its life from its own time', async () => {
  const headers = { 'ce-time': '1970-01-01T00:00:05.000Z' }
  const arrival = await decode(login, { id: '', headers, body }, 99_000, fresh)
  assert.deepEqual(
    { id: arrival.id, source: arrival.source, key: arrival.key, time: arrival.time, expires: arrival.expires },
    { id: '1 2026-01-17T15:32:26.486Z', source: '', key: '1', time: 5_000, expires: 6_000 },
  )
})

test('a message without any id is handled at least once, under a fresh one', async () => {
  const anonymous = { ...login, idOf: undefined }
  assert.equal((await decode(anonymous, { id: '', headers: {}, body }, 0, fresh)).id, 'fresh')
})

test('why a payload is refused names the path and the reason, never the value', async () => {
  const wrong = new TextEncoder().encode('{"userId":"s3cret","timestamp":"now"}')
  const { defect } = await decode(login, { id: 'a', headers: {}, body: wrong }, 0, fresh)
  assert.equal(defect?.reason, 'wrong schema')
  assert.match(defect.error.message, /userId: .*timestamp: /)
  assert.doesNotMatch(defect.error.message, /s3cret/)
})

test('no bytes and no headers make decoding fail', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array(),
      fc.string(),
      fc.dictionary(fc.constantFrom('ce-type', 'ce-source', 'ce-time', 'ce-expirytime', 'ce-dataversion'), fc.string()),
      async (bytes, id, headers) => {
        const arrival = await decode(login, { id, headers, body: bytes }, 0, fresh)
        assert.ok(arrival.defect !== undefined && arrival.id !== '')
      },
    ),
  )
})
