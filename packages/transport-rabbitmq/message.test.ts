import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outgoing } from '@vestnik/bus/transport'
import type { MessageProperties } from 'amqplib'
import { fromAmqp, headerBytes, plain, toAmqp } from './message.ts'

const message: Outgoing = {
  id: 'm1',
  topic: 'user.loggedIn',
  key: 'ключ',
  headers: {
    'content-type': 'application/json',
    'ce-type': 'user.loggedIn',
    'ce-source': 'users',
    'ce-time': '2026-01-17T15:32:26.486Z',
    traceparent: '00-1-2-01',
  },
  body: Buffer.from('{}'),
}

/** As the client reads what it wrote. */
function arrived({ contentType, headers, messageId }: ReturnType<typeof toAmqp>): MessageProperties {
  return { contentType, headers, messageId } as MessageProperties
}

test('attributes travel in headers of CloudEvents, and where AMQP has a property for them, there too', () => {
  const { headers, ...properties } = toAmqp(message)
  assert.deepEqual(headers, {
    'cloudEvents:id': 'm1',
    'cloudEvents:type': 'user.loggedIn',
    'cloudEvents:source': 'users',
    'cloudEvents:time': '2026-01-17T15:32:26.486Z',
    'cloudEvents:partitionkey': 'ключ',
    traceparent: '00-1-2-01',
  })
  assert.deepEqual(properties, {
    persistent: true,
    mandatory: true,
    contentType: 'application/json',
    messageId: 'm1',
    type: 'user.loggedIn',
    appId: 'users',
    timestamp: 1768663946,
  })
})

test('what was sent is read as it was', () => {
  const { id, key, headers } = message
  assert.deepEqual(fromAmqp(arrived(toAmqp(message))), { id, key, headers })
})

test('what is too long for a property travels in a header alone', () => {
  const id = 'ж'.repeat(200)
  const headers = { 'content-type': 'x'.repeat(300), 'ce-type': 'y'.repeat(300) }
  const sent = toAmqp({ ...message, id, headers })
  assert.deepEqual([sent.messageId, sent.contentType, sent.type], [undefined, undefined, undefined])
  assert.deepEqual(fromAmqp(arrived(sent)), { id, key: message.key, headers })
})

test("a peer's own message-id is no id of ours, and headers of other kinds are left out", () => {
  const headers = {
    'x-death': [{ count: 1 }],
    'x-delivery-count': 3,
    list: [1],
    none: null,
    n: 5,
    yes: true,
    Name: 'v',
  }
  const read = fromAmqp({ messageId: 'theirs', headers } as unknown as MessageProperties)
  assert.deepEqual(read, { id: '', headers: { n: '5', yes: 'true', name: 'v' } })
  assert.deepEqual(fromAmqp({} as MessageProperties), { id: '', headers: {} })
})

test('for a plain queue there is nothing but the body, which is durable', () => {
  assert.deepEqual(plain, { persistent: true, mandatory: true, headers: {} })
})

test('the room of headers counts bytes, not letters', () => {
  assert.ok(headerBytes({ ...message, headers: { a: 'ж'.repeat(1000) } }) > 2000)
})
