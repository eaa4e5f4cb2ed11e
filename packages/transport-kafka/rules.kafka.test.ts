/** The rules by which Kafka is published to and read, each where a broker can say whether it is kept. */
import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { after, describe, test } from 'node:test'
import { transportSuite } from '@vestnik/conformance'
import { sharedKafka } from '../../tools/brokers/kafka.ts'
import { openMember, until } from './faults.fixture.ts'
import { type CommittedPlace, committedOf, evict, membersOf } from './groups.fixture.ts'
import { administer, readTopic } from './log.fixture.ts'
import { apis, batchHeads, watchUnderWay } from './wire.fixture.ts'

const broker = await sharedKafka()
after(() => broker[Symbol.asyncDispose]())
const { brokers, url } = broker

test('each partition has one batch under way, which callers share, and numbers its batches without a gap', {
  timeout: 60_000,
}, async () => {
  await using member = await openMember(url)
  const { topic } = await member.group(3)
  await member.transport.publish([{ id: 'first', topic, headers: {}, body: Buffer.from('{}') }])
  using batches = watchUnderWay(apis.produce)
  const ids = Array.from({ length: 3000 }, (_, i) => `m${i}`)
  const publish = (id: string) =>
    member.transport.publish([{ id, topic, key: `k${id}`, headers: {}, body: Buffer.from('{}') }])
  await Promise.all(ids.map(publish))
  assert.ok(batches.most() <= 3, `${batches.most()} batches of three partitions were under way at once`)
  assert.ok(batches.sent() < ids.length / 10, `${batches.sent()} batches of ${ids.length} callers`)
  const logs = await Promise.all([0, 1, 2].map((partition) => batchHeads(url, topic, partition)))
  assert.equal(
    logs.flat().reduce((sum, { count }) => sum + count, 0),
    ids.length + 1,
  )
  for (const heads of logs) {
    const [first] = heads
    assert.ok(first && first.producerId >= 0n, 'the broker knows a batch that comes again')
    // Who has numbered them alone begins at 0, and so each offset is the number.
    const numbered = heads.map(({ offset, producerId, sequence }) => [producerId, sequence, offset])
    assert.deepEqual(
      numbered,
      heads.map(({ offset }) => [first.producerId, offset, offset]),
    )
  }
})

describe('the rules', { concurrency: true, timeout: 200_000 }, () => {
  test("a key's messages stand where every other client of Kafka looks for them, the others everywhere", async () => {
    await using member = await openMember(url)
    const { topic } = await member.group(12)
    // By the hashes in the tests of Kafka's own clients, without their sign, modulo 12.
    const known = { '21': 0, foobar: 6, 'a-little-bit-long-string': 8, 'a-little-bit-longer-string': 11, abc: 3 }
    const keyless = Array.from({ length: 24 }, (_, i) => `none${i}`)
    const message = { topic, headers: {}, body: Buffer.from('{}') }
    await member.transport.publish(Object.keys(known).map((key) => ({ ...message, id: key, key })))
    await member.transport.publish(keyless.map((id) => ({ ...message, id })))
    const stored = await readTopic(brokers, topic)
    const placeOf = (id: string) => stored.find((one) => one.id === id)?.partition
    assert.deepEqual(Object.fromEntries(Object.keys(known).map((key) => [key, placeOf(key)])), known)
    assert.equal(new Set(keyless.map(placeOf)).size, 12)
  })

  test('what is read of a partition for the first time is committed at once, also where nothing is', async () => {
    await using member = await openMember(url)
    const group = await member.group(3)
    await member.publish(group, 'old', 30)
    const stored = await readTopic(brokers, group.topic)
    const end = stored.filter(({ partition }) => partition === 1).length
    await administer(brokers, (admin) =>
      admin.deleteRecords({ topics: [{ name: group.topic, partitions: [{ partition: 1, offset: -1n }] }] }),
    )
    const gate = Promise.withResolvers<void>()
    // Nothing ends, so nothing but the beginning can be committed.
    const { untilRead } = await member.read(group, () => gate.promise)
    await until('all beginnings', async () => (await committedOf(brokers, group)).length === 3)
    assert.deepEqual((await committedOf(brokers, group)).map(offsetOf), [0, end, 0])
    gate.resolve()
    await untilRead(30 - end)
  })

  test('a member that is not one any more, for its broker, joins anew, and what it had in hand comes again', async () => {
    await using member = await openMember(url)
    const group = await member.group(1)
    const aborted = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const { messages, untilRead } = await member.read(group, async ({ redelivered }, signal) => {
      if (redelivered) return
      signal.addEventListener('abort', () => aborted.resolve())
      await release.promise
    })
    await member.publish(group, 'a', 1)
    await untilRead(1)
    const [before] = await membersOf(url, group)
    await evict(url, group)
    await aborted.promise
    // It has ended too late: nobody may count it.
    release.resolve()
    await untilRead(2)
    assert.deepEqual(
      messages.map(({ id, redelivered }) => `${id} ${redelivered}`),
      ['a0 false', 'a0 true'],
    )
    await until('its commit', async () => (await committedOf(brokers, group)).every(({ offset }) => offset === 1))
    const [now] = await membersOf(url, group)
    assert.ok(before && now && before !== now)
  })

  test('a broker of the URL that takes calls and never answers holds up no member, in none of its lives', async () => {
    await using silent = await openSilent()
    await using member = await openMember(`kafka://127.0.0.1:${silent.port},${brokers.join(',')}`)
    const group = await member.group(2)
    const { untilRead } = await member.read(group)
    // Each life begins with the next broker of the URL: one of two with the silent one.
    for (const life of [1, 2]) {
      await member.publish(group, `life${life}-`, 10)
      await untilRead(10 * life)
      await evict(url, group)
    }
    await member.publish(group, 'at last', 1)
    await untilRead(21)
    assert.ok(silent.calls() > 0)
  })

  test('of a killed member exactly that comes again which was not committed: a slow first record, and few others', async (t) => {
    const open = { module: new URL('laws.fixture.ts', import.meta.url).href, export: 'openForLaws', argument: url }
    const { openBench } = transportSuite({ name: 'slow first', open, leaseMs: 6000, patienceMs: 60_000 })
    await using bench = await openBench({ title: 'slow first', order: 'none', several: true, needs: [] })
    const group = await bench.group({ partitions: 1 })
    const ids = Array.from({ length: 1000 }, (_, i) => `a${i + 1}`)
    await bench.publish(group, ids)
    const killed = await bench.reader(group, { hold: ['a1'], workMs: 10 })
    // The slow one keeps the offset where it is; what has ended behind it is told beside it.
    await until('a commit of what has ended', async () =>
      (await committedOf(brokers, group)).some(({ mark }) => (mark?.ended.length ?? 0) > 0),
    )
    await killed.kill()
    await until('a group without members', async () => (await membersOf(url, group)).length === 0)
    const [committed] = await committedOf(brokers, group)
    assert.ok(committed)
    assert.equal(committed.offset, 0)
    const again = ids.filter((_, offset) => !hasEnded(committed, offset))
    assert.equal(again[0], 'a1')
    assert.ok(again.length < ids.length)

    const next = await bench.reader(group)
    await bench.publish(group, ['z1'])
    await bench.untilEnded(group, ['z1', ...again])
    const starts = bench.entries(group).filter(({ what, member }) => what === 'start' && member === next.name)
    assert.deepEqual(starts.map(({ id }) => id).toSorted(), [...again, 'z1'].toSorted())
    const had = bench.entries(group).filter(({ what, member }) => what === 'start' && member === killed.name)
    const untold = starts.filter(({ id, delivered }) => !delivered?.redelivered && had.some((one) => one.id === id))
    assert.deepEqual(untold, [], 'what was handed out before is called redelivered')
    const wereEnded = had.length - starts.filter(({ id }) => had.some((one) => one.id === id)).length
    t.diagnostic(`${had.length} were handed out before the kill, ${wereEnded} of them never again`)
  })
})

const offsetOf = ({ offset }: CommittedPlace) => offset

const hasEnded = ({ offset, mark }: CommittedPlace, at: number) =>
  at < offset || (mark?.ended ?? []).some(([first, last]) => first <= at && at <= last)

/** Takes connections, and says nothing. */
async function openSilent() {
  let calls = 0
  const server = createServer((socket) => {
    calls += 1
    socket.on('error', () => {}).resume()
    closing.signal.addEventListener('abort', () => socket.destroy())
  })
  const closing = new AbortController()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    calls: () => calls,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
