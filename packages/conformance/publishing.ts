/** Laws of publishing: what arrives where, whole, and what is refused. */
import assert from 'node:assert/strict'
import type { Outgoing } from '@vestnik/bus'
import { hasCode, PublishError } from '@vestnik/bus/errors'
import { bodyOf, digestOf, messageOf, rounds, series } from './messages.ts'
import { assertInOrder, assertOnce, starts } from './reading.ts'
import type { TransportBench } from './transport-bench.ts'
import { everywhere, law, once, ordered, sampled, type TransportLaw } from './transport-law.ts'

export const publishing: readonly TransportLaw[] = [
  law('a message published before anybody subscribed arrives', sampled, async (bench) => {
    const group = await bench.group()
    await bench.publish(group, ['a1', 'b1', '7'])
    await bench.reader(group)
    await bench.untilEnded(group, ['a1', 'b1', '7'])
    assertOnce(bench.entries(group), ['a1', 'b1', '7'])
  }),

  law('a message published after the subscription arrives', everywhere, async (bench) => {
    const group = await bench.group()
    await bench.reader(group)
    for (const id of ['a1', 'b1', 'a2', '7']) {
      await bench.publish(group, [id])
      await bench.untilEnded(group, [id])
    }
    assertOnce(bench.entries(group), ['a1', 'b1', 'a2', '7'])
  }),

  law('every group of a topic sees every message', sampled, async (bench) => {
    const ids = rounds(7, 4)
    const first = await bench.group()
    const groups = [first, await bench.group({ topic: first.topic }), await bench.group({ topic: first.topic })]
    for (const group of groups) await bench.reader(group)
    await bench.publish(first.topic, ids)
    for (const group of groups) {
      await bench.untilEnded(group, ids)
      assertOnce(bench.entries(group), ids)
    }
  }),

  law('two groups of one name on different topics do not share messages', once, async (bench) => {
    const [one, other] = [await bench.group(), await bench.group()]
    const namesake = { ...other, name: one.name }
    const publisher = await bench.publisher()
    await publisher.ensure({ topics: [{ name: other.topic, partitions: 4 }], groups: [namesake] })
    await bench.reader(one)
    await bench.reader(namesake)
    await bench.publish(one, ['a1'])
    await bench.publish(namesake, ['b1'])
    await bench.untilEnded(one, ['a1'])
    await bench.untilEnded(namesake, ['b1'])
    assertOnce(bench.entries(one), ['a1'])
    assertOnce(bench.entries(namesake), ['b1'])
  }),

  law('a group that subscribes later misses nothing published since it was ensured', sampled, async (bench) => {
    const early = await bench.group()
    const late = await bench.group({ topic: early.topic })
    await bench.reader(early)
    await bench.publish(early, rounds(5, 4))
    await bench.untilEnded(early, rounds(5, 4))
    await bench.publish(early, series('z', 3))
    await bench.reader(late)
    await bench.untilEnded(late, [...rounds(5, 4), ...series('z', 3)])
    assertOnce(bench.entries(late), [...rounds(5, 4), ...series('z', 3)])
  }),

  law('id, key, headers and body come out as they went in', once, async (bench) => {
    const group = await bench.group()
    const sent = unusual(group.topic)
    await (await bench.publisher()).publish(sent)
    await bench.reader(group)
    const ids = sent.map(({ id }) => id)
    await bench.untilEnded(group, ids)
    for (const { id, key, headers, body } of sent) {
      const { delivered } = starts(bench.entries(group)).find((entry) => entry.id === id) ?? {}
      assert.equal(delivered?.key, key, `key of ${id}`)
      assert.deepEqual(delivered?.headers, headers, `headers of ${id}`)
      assert.equal(delivered?.bytes, body.length, `length of ${id}`)
      assert.equal(delivered?.digest, digestOf(body), `body of ${id}`)
      assert.ok(delivered?.at, `${id} says where it stood`)
    }
  }),

  law('a message keeps what it was when its publisher alters its own copy afterwards', once, async (bench) => {
    const group = await bench.group()
    const body = Buffer.from('as it was')
    const headers: Record<string, string> = { kept: 'yes' }
    const message = { ...messageOf(group.topic, 'a1'), body, headers }
    await (await bench.publisher()).publish([message])
    body.fill('x')
    headers.kept = 'no'
    await bench.reader(group)
    await bench.untilEnded(group, ['a1'])
    const [start] = starts(bench.entries(group))
    assert.equal(start?.delivered.digest, digestOf(Buffer.from('as it was')))
    assert.deepEqual(start?.delivered.headers, { kept: 'yes' })
  }),

  law('a body as large as the traits allow arrives whole', once, async (bench) => {
    const group = await bench.group()
    const { maxBodyBytes } = await (await bench.publisher()).traits()
    await bench.publish(group, ['a1'], maxBodyBytes)
    await bench.reader(group)
    await bench.untilEnded(group, ['a1'])
    assert.equal(starts(bench.entries(group))[0]?.delivered.digest, digestOf(bodyOf('a1', maxBodyBytes)))
  }),

  law('a body that is too large is refused and stored nowhere', once, async (bench) => {
    const group = await bench.group()
    await bench.reader(group)
    const error = await publishingOversized(bench, group.topic, [])
    assert.deepEqual(error.refused, [{ id: 'a1', code: 'BODY_TOO_LARGE' }])
    assert.deepEqual(error.doubtful, [])
    await bench.publish(group, ['a2', 'b1'])
    await bench.untilEnded(group, ['a2', 'b1'])
    assertOnce(bench.entries(group), ['a2', 'b1'])
  }),

  law('behind a refused message its key is doubtful, and every other message is durable', once, async (bench) => {
    const group = await bench.group()
    const error = await publishingOversized(bench, group.topic, ['b1', 'a2', 'b2', '7', 'a3', 'c1'])
    assert.deepEqual(error.refused, [{ id: 'a1', code: 'BODY_TOO_LARGE' }])
    assert.deepEqual([...error.doubtful].sort(), ['a2', 'a3'])
    await bench.reader(group)
    await bench.publish(group, ['z1'])
    await bench.untilEnded(group, ['b1', 'b2', '7', 'c1', 'z1'])
    assertOnce(bench.entries(group), ['b1', 'b2', '7', 'c1', 'z1'])
  }),

  law('a message for a topic that does not exist is refused', once, async (bench) => {
    const group = await bench.group()
    const publisher = await bench.publisher()
    const batch = [messageOf(bench.invent('nowhere'), 'a1'), messageOf(group.topic, 'a2')]
    const error = await publishError(publisher.publish(batch))
    assert.deepEqual(error.refused, [{ id: 'a1', code: 'UNKNOWN_TOPIC' }])
    assert.deepEqual(error.doubtful, [], 'a key of another topic is another key')
    await bench.reader(group)
    await bench.untilEnded(group, ['a2'])
  }),

  law('a message for a topic without groups counts as sent', once, async (bench) => {
    const topic = bench.invent('topic')
    const publisher = await bench.publisher()
    await publisher.ensure({ topics: [{ name: topic, partitions: 4 }], groups: [] })
    await bench.publish(topic, ['a1', 'a2', '7'])
  }),

  law('an empty batch is published at once', once, async (bench) => {
    const group = await bench.group()
    await bench.publish(group, [])
    await bench.reader(group)
    await bench.publish(group, ['a1'])
    await bench.untilEnded(group, ['a1'])
    assertOnce(bench.entries(group), ['a1'])
  }),

  law('one batch may be for several topics', sampled, async (bench) => {
    const [one, other] = [await bench.group(), await bench.group()]
    const batch = ['a1', 'b1', 'a2', '7'].flatMap((id) => [messageOf(one.topic, id), messageOf(other.topic, id)])
    await (await bench.publisher()).publish(batch)
    for (const group of [one, other]) {
      await bench.reader(group)
      await bench.untilEnded(group, ['a1', 'b1', 'a2', '7'])
      assertOnce(bench.entries(group), ['a1', 'b1', 'a2', '7'])
    }
  }),

  law('what many callers publish at once arrives, each key in the order of its calls', ordered, async (bench) => {
    const group = await bench.group()
    const reader = await bench.reader(group)
    const ids = rounds(12, 25)
    // Not awaited one by one: a publish that was called earlier stands before a later one of its key.
    await Promise.all(ids.map((id) => bench.publish(group, [id])))
    await bench.untilEnded(group, ids)
    assertOnce(bench.entries(group), ids)
    assertInOrder(bench.entries(group))
    await reader.drain(group)
  }),
]

function unusual(topic: string): readonly Outgoing[] {
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  return [
    { id: 'empty', topic, key: 'k', headers: {}, body: new Uint8Array(0) },
    { id: 'bytes', topic, key: 'k', headers: { one: '1' }, body: every },
    { id: 'large', topic, key: 'k', headers: { two: '2' }, body: Buffer.alloc(300_000, every) },
    { id: 'no-key', topic, headers: { 'ce-type': 'user.loggedIn' }, body: Buffer.from('{}') },
    { id: 'ключ', topic, key: 'ключ 🔑', headers: { name: 'Ваш код: ñ 🔑', empty: '' }, body: Buffer.from('Ваш код') },
    { id: 'f47ac10b-58cc-4372-a567-0e02b2c3d479', topic, key: '%20/?#"\'\\', headers: {}, body: Buffer.from('x') },
    { id: 'many', topic, key: 'k', headers: manyHeaders(), body: Buffer.from('') },
  ]
}

const manyHeaders = () => Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`h-${i}`, 'v'.repeat(i * 10)]))

/** Publishes an a1 that is one byte too long before the others. */
async function publishingOversized(
  bench: TransportBench,
  topic: string,
  others: readonly string[],
): Promise<PublishError> {
  const publisher = await bench.publisher()
  const { maxBodyBytes } = await publisher.traits()
  const batch = [messageOf(topic, 'a1', maxBodyBytes + 1), ...others.map((id) => messageOf(topic, id))]
  return publishError(publisher.publish(batch))
}

async function publishError(publish: Promise<void>): Promise<PublishError> {
  const error = await publish.then(
    () => assert.fail('publish resolved'),
    (error) => error,
  )
  assert.ok(hasCode(error, 'PUBLISH_INCOMPLETE') && error instanceof PublishError, `not a PublishError: ${error}`)
  return error
}
