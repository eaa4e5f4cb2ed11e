import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { hasCode } from '@vestnik/bus/errors'
import { ackFrames, createFrames } from './frames.ts'
import { type Properties, plain, toAmqp } from './message.ts'

const client = createRequire(fileURLToPath(import.meta.resolve('amqplib')))
const { encodeMethod, encodeProperties, BasicAck, BasicPublish, BasicProperties } = client('./lib/defs.js')
const { makeBodyFrame } = client('./lib/frame.js')

/** What the client itself would send. */
function byClient(exchange: string, routingKey: string, properties: Properties, body: Buffer, mostBytes: number) {
  const most = mostBytes - 8
  const parts = Array.from({ length: Math.ceil(body.length / most) }, (_, i) => body.subarray(i * most, (i + 1) * most))
  return Buffer.concat([
    encodeMethod(BasicPublish, 7, { exchange, routingKey, mandatory: true }),
    encodeProperties(BasicProperties, 7, body.length, { ...properties, deliveryMode: 2 }),
    ...parts.map((part) => makeBodyFrame(7, part)),
  ])
}

const rich = toAmqp({
  id: 'ид-1',
  topic: 'user.loggedIn',
  key: 'ключ',
  headers: {
    'content-type': 'application/json',
    'ce-type': 'user.loggedIn',
    'ce-source': 'users',
    'ce-time': '2026-01-17T15:32:26.486Z',
    note: 'ж'.repeat(1500),
    empty: '',
  },
  body: Buffer.alloc(0),
})

const cases: readonly (readonly [what: string, properties: Properties, body: Buffer])[] = [
  ['all properties and headers', rich, Buffer.from('{"n":1}')],
  ['nothing but a body', plain, Buffer.from('{}')],
  ['an empty body', rich, Buffer.alloc(0)],
  ['a body of exactly one frame', plain, Buffer.alloc(4096 - 8, 'a')],
  ['a body of one byte more', plain, Buffer.alloc(4096 - 7, 'b')],
  ['a body larger than a piece of memory', rich, Buffer.alloc(600_000, 'c')],
]

for (const [what, properties, body] of cases) {
  test(`a message is sent as the client would send it: ${what}`, () => {
    const frames = createFrames(7, 4096)
    frames.add('exchange', 'key', properties, body)
    assert.deepEqual(Buffer.concat(frames.take()), byClient('exchange', 'key', properties, body, 4096))
  })
}

test('messages stand one behind the other, and what was taken is neither taken again nor written over', () => {
  const frames = createFrames(7, 131_072)
  const made: Buffer[] = []
  const taken: Uint8Array[] = []
  for (let n = 0; n < 3000; n += 1) {
    const body = Buffer.from(`${n} ${'x'.repeat(n % 700)}`)
    frames.add('', `q${n}`, rich, body)
    made.push(byClient('', `q${n}`, rich, body, 131_072))
    if (n % 500 === 0) taken.push(...frames.take())
  }
  taken.push(...frames.take())
  assert.ok(Buffer.concat(taken).equals(Buffer.concat(made)))
  assert.deepEqual(frames.take(), [])
})

test('of a message that cannot be sent nothing is left behind', () => {
  const frames = createFrames(7, 4096)
  const tooLong = { ['n'.repeat(300)]: 'x' }
  const tooMuch = { note: 'n'.repeat(4096) }
  for (const headers of [tooLong, tooMuch]) {
    const adding = () => frames.add('', 'q', { ...plain, headers }, Buffer.from('{}'))
    assert.throws(adding, (error) => hasCode(error, 'BODY_TOO_LARGE'))
  }
  frames.add('', 'q', plain, Buffer.from('{}'))
  assert.deepEqual(Buffer.concat(frames.take()), byClient('', 'q', plain, Buffer.from('{}'), 4096))
})

test('acknowledgements are the same bytes as the client sends, in one piece', () => {
  const byClient = (deliveryTag: number, multiple: boolean) => encodeMethod(BasicAck, 7, { deliveryTag, multiple })
  const far = 2 ** 40 + 3
  assert.deepEqual(
    ackFrames(7, 5, [8, far]),
    Buffer.concat([byClient(5, true), byClient(8, false), byClient(far, false)]),
  )
  assert.deepEqual(ackFrames(7, undefined, [9]), byClient(9, false))
})
