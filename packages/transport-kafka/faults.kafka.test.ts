/** What may happen to a topic and to a group's offsets, and to its members: everything is read, and nothing holds it up. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@vestnik/bus/errors'
import { transportSuite } from '@vestnik/conformance'
import { privateKafka } from '../../tools/brokers/kafka.ts'
import { idsOf, openMember, sendAsPeer, until } from './faults.fixture.ts'
import { leaseMs, shortSessions } from './laws.fixture.ts'
import { administer } from './log.fixture.ts'

const broker = await privateKafka({ config: shortSessions })
after(() => broker[Symbol.asyncDispose]())
const { brokers } = broker

describe('a group', { concurrency: 3 }, () => {
  test('reads what was sent before its first start, and calls none of it redelivered', async () => {
    await using member = await openMember(broker.url)
    const group = await member.group(1)
    const records = Array.from({ length: 20 }, (_, i) => ({ value: Buffer.from(`{"code":"${i}"}`) }))
    await sendAsPeer(brokers, group.topic, records)
    const { messages, untilRead } = await member.read(group)
    await untilRead(20)
    const bodies = messages.map(({ body }) => String(body)).toSorted()
    assert.deepEqual(bodies, records.map(({ value }) => String(value)).toSorted())
    assert.deepEqual(
      messages.filter(({ redelivered, key }) => redelivered || key !== undefined),
      [],
    )
    assert.equal(new Set(messages.map(({ id }) => id)).size, 20, 'each has an id of its own')
  })

  test('begins anew at the start of the log when its offsets were deleted', async () => {
    await using member = await openMember(broker.url)
    const group = await member.group(2)
    await member.publish(group, 'a', 20)
    const first = await member.read(group)
    await first.untilRead(20)
    await first.subscription.drain()
    await administer(brokers, (admin) =>
      admin.deleteConsumerGroupOffsets({
        groupId: group.name,
        topics: [{ name: group.topic, partitionIndexes: [0, 1] }],
      }),
    )
    const second = await member.read(group)
    assert.deepEqual(await second.untilRead(20), idsOf('a', 20))
  })

  test('goes on where a peer of its name has left off, without knowing what that had in hand', async () => {
    await using member = await openMember(broker.url)
    const group = await member.group(1)
    await member.publish(group, 'a', 20)
    const partitionOffsets = [{ partition: 0, offset: 12n }]
    await administer(brokers, (admin) =>
      admin.alterConsumerGroupOffsets({ groupId: group.name, topics: [{ name: group.topic, partitionOffsets }] }),
    )
    const { messages, untilRead } = await member.read(group)
    assert.equal((await untilRead(8)).length, 8)
    assert.ok(messages.every(({ redelivered }) => redelivered))
  })

  test('tells what the broker deleted before it was read, with its extent, and reads the rest', async () => {
    await using member = await openMember(broker.url)
    const group = await member.group(1)
    await member.publish(group, 'a', 10)
    const first = await member.read(group)
    await first.untilRead(10)
    await first.subscription.drain()
    await member.publish(group, 'b', 50)
    await deleteBelow(group.topic, 40n)
    const second = await member.read(group)
    await second.untilRead(20)
    const loss = `${group.topic}/0: the broker deleted the records 10 to 39 before the group ${group.name} had read them`
    assert.deepEqual(
      member.told.filter((text) => text === loss),
      [loss],
    )
    assert.equal(member.transport.health().reason, loss)
    await member.publish(group, 'c', 1)
    assert.deepEqual((await second.untilRead(21)).at(-1), 'c0')
  })

  test('tells the same when it happens while it reads', async () => {
    await using member = await openMember(broker.url)
    const group = await member.group(1)
    const gate = Promise.withResolvers<void>()
    // More than a member takes ahead, and more than a first answer has.
    await member.publish(group, 'a', 12, 300_000)
    const { untilRead, messages } = await member.read({ ...group, concurrency: 1 }, () => gate.promise)
    await untilRead(1)
    await deleteBelow(group.topic, 11n)
    gate.resolve()
    await until('the last one', () => messages.at(-1)?.id === 'a11')
    const told = member.told.find((text) => text.includes('the broker deleted the records'))
    assert.match(
      told ?? '',
      new RegExp(`^${group.topic}/0: the broker deleted the records \\d+ to 10 before the group`),
    )
  })

  test('is refused a topic that does not exist', async () => {
    await using member = await openMember(broker.url)
    const group = { topic: 'nowhere', name: 'readers', order: 'key', concurrency: 1 } as const
    await assert.rejects(
      member.transport.subscribe(group, async () => {}),
      (error) => hasCode(error, 'UNKNOWN_TOPIC'),
    )
  })

  test('reads a topic anew that was deleted and made again', async () => {
    await using member = await openMember(broker.url)
    const group = await member.group(2)
    await member.publish(group, 'a', 20)
    const { messages, untilRead } = await member.read(group)
    await untilRead(20)
    await administer(brokers, (admin) => admin.deleteTopics({ topics: [group.topic] }))
    await until('the topic made again', () =>
      member.group(2, group.topic).then(
        () => true,
        () => false,
      ),
    )
    // From its start: fewer than were read before.
    const records = Array.from({ length: 5 }, () => ({ value: Buffer.from('{}'), partition: 1 }))
    await until('a leader', () =>
      sendAsPeer(brokers, group.topic, records).then(
        () => true,
        () => false,
      ),
    )
    await untilRead(25)
    assert.ok(messages.slice(20).every(({ redelivered }) => !redelivered))
    const health = () => member.transport.health()
    await until('a health that is ready', () => health().ready, 10_000).catch(() => assert.fail(health().reason))
  })

  test('reads partitions that were added', async () => {
    await using member = await openMember(broker.url)
    const group = await member.group(2)
    const { untilRead } = await member.read(group)
    await administer(brokers, (admin) => admin.createPartitions({ topics: [{ name: group.topic, count: 4 }] }))
    const records = [0, 1, 2, 3].map((partition) => ({ value: Buffer.from(`{"p":${partition}}`), partition }))
    await until('four leaders', () =>
      sendAsPeer(brokers, group.topic, records).then(
        () => true,
        () => false,
      ),
    )
    await untilRead(4)
    await member.publish(group, 'a', 20)
    await untilRead(24)
  })

  test('is handed what nobody can read: no value, no key, headers that are no text', async () => {
    await using member = await openMember(broker.url)
    const group = await member.group(1)
    await sendAsPeer(brokers, group.topic, [
      { value: null },
      { value: Buffer.from([0xff, 0xfe]), key: Buffer.from([0xff, 0x00]) },
      {
        value: Buffer.from('{}'),
        headers: new Map([
          [Buffer.from('ce_id'), Buffer.alloc(0)],
          [Buffer.from([0xff]), Buffer.from([0xff])],
        ]),
      },
      { value: Buffer.from('last') },
    ])
    const { messages, untilRead } = await member.read(group)
    await untilRead(4)
    assert.deepEqual(
      messages.map(({ body }) => Buffer.from(body).toString('latin1')).toSorted(),
      ['', '{}', 'last', '\xff\xfe'].toSorted(),
    )
    assert.equal(messages.filter(({ id }) => id === '').length, 0)
  })
})

test('a bomb of 200 MB is refused for what it is, in bounded memory, and what is behind it is read', async () => {
  await using member = await openMember(broker.url)
  const group = await member.group(1)
  await sendAsPeer(brokers, group.topic, [{ value: Buffer.alloc(200_000_000), key: Buffer.from('k') }], 'zstd')
  await sendAsPeer(brokers, group.topic, [{ value: Buffer.from('after'), key: Buffer.from('k') }])
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  const { messages, untilRead } = await member.read(group)
  await untilRead(2)
  const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20
  const bodies = messages.map(({ body }) => String(body)).toSorted()
  assert.deepEqual(bodies, ['after', 'not readable: decompressed it would have more than 33554432 bytes'])
  assert.ok(grownMiB < 100, `it took ${grownMiB} MiB`)
})

test('members join, drain and are killed every 3 s under load: nothing is lost, each key keeps its order', {
  timeout: 230_000,
}, async (t) => {
  const open = { module: new URL('laws.fixture.ts', import.meta.url).href, export: 'openForLaws', argument: broker.url }
  const { openBench } = transportSuite({ name: 'churn', open, leaseMs, patienceMs: 60_000 })
  await using bench = await openBench({ title: 'churn', order: 'key', several: true, needs: [] })
  const group = await bench.group({ partitions: 8 })
  const publisher = await bench.publisher()
  const manner = { workMs: 2 }
  let members = [await bench.reader(group, manner), await bench.reader(group, manner)]
  await publisher.flood({ topic: group.topic, keys: 20, pauseMs: 20 })
  for (const change of ['join', 'kill', 'join', 'drain', 'join', 'kill', 'join', 'drain']) {
    const [first, ...rest] = members
    await sleep(3000)
    if (change === 'join') members = [...members, await bench.reader(group, manner)]
    else {
      await (change === 'kill' ? first?.kill() : first?.drain(group))
      members = rest
    }
  }
  await publisher.endFlood()
  const confirmed = bench.entries(group).flatMap(({ what, ids = [] }) => (what === 'confirmed' ? ids : []))
  await bench.untilEnded(group, confirmed)
  const starts = bench.entries(group).filter(({ what }) => what === 'start')
  assertFirstInOrder(starts.flatMap(({ id }) => id ?? []))
  const ends = bench.entries(group).filter(({ what }) => what === 'end')
  const gaps = ends.slice(1).map(({ atMs }, i) => atMs - (ends[i]?.atMs ?? 0))
  t.diagnostic(`${confirmed.length} messages, ${starts.length - confirmed.length} handed out again`)
  t.diagnostic(`${Math.round(Math.max(...gaps))} ms without an end at most`)
  assert.ok(Math.max(...gaps) < 30_000)
})

/** An id is its key and its place in the key: each key's places come without a gap. */
function assertFirstInOrder(ids: readonly string[]): void {
  const last = new Map<string, number>()
  for (const id of new Set(ids)) {
    const [, key = '', place] = /^([a-z]+)(\d+)$/.exec(id) ?? []
    assert.equal(Number(place), (last.get(key) ?? 0) + 1, `${id} came too early`)
    last.set(key, Number(place))
  }
}

/** As retention does. */
async function deleteBelow(topic: string, offset: bigint): Promise<void> {
  await administer(brokers, (admin) =>
    admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset }] }] }),
  )
}
