import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from 'amqplib'
import { createUnconfirmed, type Sent } from './unconfirmed.ts'

function sent(tag: number, text = `body ${tag}`): Sent {
  const message = { id: `m${tag}`, topic: 't', headers: {}, body: Buffer.from(text) }
  return { message, tag, exchange: 'e', routingKey: '3', isReturned: false }
}

const cameBack = (id: string | undefined, text: string, routingKey = '3') =>
  ({ fields: { exchange: 'e', routingKey }, properties: { messageId: id }, content: Buffer.from(text) }) as Message

const tags = (entries: readonly Sent[]) => entries.map(({ tag }) => tag)

test('a number confirms one, or all up to it that are left', () => {
  const unconfirmed = createUnconfirmed<Sent>()
  for (const tag of [1, 2, 3, 4, 5]) unconfirmed.add(sent(tag))
  const [second] = unconfirmed.upTo(2, false)
  assert.deepEqual(tags(unconfirmed.upTo(2, false)), [2])
  if (second) unconfirmed.remove(second)
  assert.deepEqual(unconfirmed.upTo(2, false), [])
  assert.deepEqual(tags(unconfirmed.upTo(4, true)), [1, 3, 4])
  assert.deepEqual([unconfirmed.size(), unconfirmed.oldest()?.tag, tags(unconfirmed.all())], [4, 1, [1, 3, 4, 5]])
})

test('it is full at 2,048 messages or 16 MiB, and not any more when one of them has gone', () => {
  const many = createUnconfirmed<Sent>()
  const large = createUnconfirmed<Sent>()
  for (let tag = 1; tag < 2048; tag += 1) many.add(sent(tag))
  assert.equal(many.isFull(), false)
  many.add(sent(2048))
  const body = sent(1, 'x'.repeat(16 * 1024 * 1024))
  large.add(body)
  assert.deepEqual([many.isFull(), large.isFull()], [true, true])
  large.remove(body)
  large.remove(body)
  assert.equal(large.isFull(), false)
})

test('what came back is known by its way, its id where it has one, and its body; each once', () => {
  const unconfirmed = createUnconfirmed<Sent>()
  for (const [tag, text] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'b'],
  ] as const)
    unconfirmed.add(sent(tag, text))
  const marked = () => tags(unconfirmed.all().filter(({ isReturned }) => isReturned))
  unconfirmed.returned(cameBack('m1', 'a', '4'))
  unconfirmed.returned(cameBack('m9', 'a'))
  assert.deepEqual(marked(), [])
  unconfirmed.returned(cameBack('m3', 'b'))
  assert.deepEqual(marked(), [3])
  unconfirmed.returned(cameBack(undefined, 'b'))
  assert.deepEqual(marked(), [2, 3])
})
