/** Laws of the ways in and out: ensure, drain, close, health. */
import assert from 'node:assert/strict'
import { hasCode } from '@vestnik/bus/errors'
import { messageOf, rounds, series } from './messages.ts'
import {
  assertInOrder,
  assertOnce,
  assertToldTruly,
  by,
  endedIds,
  startedIds,
  startedOf,
  starts,
  timesStarted,
} from './reading.ts'
import { everywhere, law, once, sampled, type TransportLaw } from './transport-law.ts'

export const lifecycle: readonly TransportLaw[] = [
  law('ensure may be repeated, and by several members at once', sampled, async (bench) => {
    const group = { topic: bench.invent('topic'), name: bench.invent('group'), order: bench.order, concurrency: 2 }
    const topology = { topics: [{ name: group.topic, partitions: 3 }], groups: [group] }
    const members = [await bench.member(), await bench.member(), await bench.publisher()]
    await Promise.all(members.flatMap((member) => [member.ensure(topology), member.ensure(topology)]))
    await bench.publish(group, ['a1', 'a2', 'b1'])
    await members[0]?.ensure(topology)
    await members[0]?.subscribe(group)
    await bench.untilEnded(group, ['a1', 'a2', 'b1'])
    assertOnce(bench.entries(group), ['a1', 'a2', 'b1'])
  }),

  law('ensure of a topic with more partitions than it has is a conflict and alters nothing', once, async (bench) => {
    const group = await bench.group({ partitions: 2 })
    const publisher = await bench.publisher()
    const other = { ...group, topic: bench.invent('topic') }
    const topics = [
      { name: other.topic, partitions: 1 },
      { name: group.topic, partitions: 5 },
    ]
    await assert.rejects(publisher.ensure({ topics, groups: [] }), coded('TOPOLOGY_CONFLICT'))
    await publisher.ensure({ topics: [{ name: group.topic, partitions: 2 }], groups: [group] })
    await bench.reader(group)
    await bench.publish(group, ['a1', 'a2'])
    await bench.untilEnded(group, ['a1', 'a2'])
  }),

  law('ensure of more groups leaves alone what a topic and its other groups hold', sampled, async (bench) => {
    const group = await bench.group()
    await bench.publish(group, rounds(3, 2))
    const later = await bench.group({ topic: group.topic })
    await bench.reader(group)
    await bench.reader(later)
    await bench.publish(group, ['z1'])
    await bench.untilEnded(group, [...rounds(3, 2), 'z1'])
    await bench.untilEnded(later, ['z1'])
    assertOnce(bench.entries(group), [...rounds(3, 2), 'z1'])
  }),

  law('a drain takes nothing new and waits for what runs', sampled, async (bench) => {
    const group = await bench.group({ concurrency: 2 })
    const reader = await bench.reader(group, { hold: ['a1', 'b1'] })
    await bench.publish(group, ['a1', 'b1'])
    await bench.untilStarted(group, ['a1', 'b1'])
    let drained = false
    const drain = reader.drain(group).then(() => {
      drained = true
    })
    await bench.publish(group, ['a2', 'b2', 'c1', '7'])
    await reader.release(group, ['a1'])
    await bench.untilEnded(group, ['a1'])
    assert.equal(drained, false, 'the drain ended while b1 ran')
    await reader.release(group, 'all')
    await drain
    assertOnce(bench.entries(group), ['a1', 'b1'])
    await bench.reader(group)
    await bench.untilEnded(group, ['a2', 'b2', 'c1', '7'])
    assertOnce(bench.entries(group), ['a1', 'b1', 'a2', 'b2', 'c1', '7'])
  }),

  law('at the deadline of a drain the signals abort, and the rest comes again elsewhere', everywhere, async (bench) => {
    const group = await bench.group({ concurrency: 4 })
    const reader = await bench.reader(group, { hold: ['a1', '7'] })
    await bench.publish(group, ['a1', 'b1', '7'])
    await bench.untilStarted(group, ['a1', '7'])
    await bench.untilEnded(group, ['b1'])
    await reader.drain(group, 50)
    await bench.until('two aborted signals', group, (it) => it.filter(({ what }) => what === 'abort').length === 2)
    await bench.reader(group)
    await bench.publish(group, ['a2'])
    await bench.untilEnded(group, ['a1', 'a2', '7'])
    assertToldTruly(bench.entries(group))
    assert.deepEqual(startedOf('a', bench.entries(group)), ['a1', 'a1', 'a2'])
    assert.equal(timesStarted(bench.entries(group), 'b1'), 1)
  }),

  law('what a delivery does after its signal aborted changes nothing', sampled, async (bench) => {
    const group = await bench.group()
    const reader = await bench.reader(group, { hold: ['a1'], stubborn: true })
    await bench.publish(group, ['a1', 'a2'])
    await bench.untilStarted(group, ['a1'])
    await reader.drain(group, 0)
    await reader.release(group, ['a1'])
    await bench.untilEnded(group, ['a1'])
    const second = await bench.reader(group)
    await bench.untilStarted(group, ['a1'], 2)
    await bench.untilEnded(group, ['a2'])
    await second.drain(group)
    const again = starts(bench.entries(group)).filter(({ id }) => id === 'a1')
    assert.deepEqual(
      again.map(({ delivered }) => delivered.redelivered),
      [false, true],
    )
  }),

  law('a drain may be repeated, and is at once done when nothing runs', once, async (bench) => {
    const group = await bench.group()
    const reader = await bench.reader(group)
    await bench.publish(group, ['a1'])
    await bench.untilEnded(group, ['a1'])
    await Promise.all([reader.drain(group), reader.drain(group, 10_000)])
    await reader.drain(group)
    await reader.drain(group, 0)
  }),

  law('a member that has drained one group still publishes and reads others', once, async (bench) => {
    const [one, other] = [await bench.group(), await bench.group()]
    const reader = await bench.reader(one)
    await reader.subscribe(other)
    await reader.drain(one)
    await reader.publish([messageOf(one.topic, 'a1'), messageOf(other.topic, 'b1')])
    await bench.untilEnded(other, ['b1'])
    assert.deepEqual(startedIds(bench.entries(one)), [])
    await bench.reader(one)
    await bench.untilEnded(one, ['a1'])
  }),

  law('a close waits for no handler, and what ran comes again elsewhere', everywhere, async (bench) => {
    const group = await bench.group({ concurrency: 2 })
    const reader = await bench.reader(group, { hold: 'all' })
    await bench.publish(group, ['a1', 'b1', 'a2', 'b2'])
    await bench.untilStarted(group, ['a1', 'b1'])
    await reader.leave()
    await bench.reader(group)
    await bench.untilEnded(group, ['a1', 'b1', 'a2', 'b2'])
    assertToldTruly(bench.entries(group))
    if (bench.order === 'key') assertInOrder(bench.entries(group))
    assert.deepEqual(endedIds(bench.entries(group)).toSorted(), ['a1', 'a2', 'b1', 'b2'])
  }),

  law('what a delivery does after a close changes nothing', sampled, async (bench) => {
    const group = await bench.group()
    const reader = await bench.reader(group, { hold: ['a1'], stubborn: true })
    await bench.publish(group, ['a1', 'a2'])
    await bench.untilStarted(group, ['a1'])
    await reader.leave()
    await reader.release(group, ['a1'])
    await bench.reader(group)
    await bench.untilStarted(group, ['a1'], 2)
    await bench.untilEnded(group, ['a2'])
    assertToldTruly(bench.entries(group))
  }),

  law('a close hands out nothing more', sampled, async (bench) => {
    const group = await bench.group()
    const reader = await bench.reader(group)
    await bench.publish(group, rounds(10, 10))
    await reader.leave()
    const started = by(reader.name, bench.entries(group)).length
    await bench.reader(group)
    await bench.publish(group, rounds(10, 10, 11))
    await bench.untilEnded(group, rounds(10, 20))
    assert.equal(by(reader.name, bench.entries(group)).length, started, 'deliveries started at a closed member')
  }),

  law('close may be repeated', once, async (bench) => {
    const group = await bench.group()
    const reader = await bench.reader(group)
    await Promise.all([reader.close(), reader.close()])
    await reader.close()
    await reader.drain(group)
  }),

  law('nothing can be published, ensured or subscribed after a close', once, async (bench) => {
    const group = await bench.group()
    const member = await bench.member()
    await member.close()
    await assert.rejects(member.publish([messageOf(group.topic, 'a1')]), coded('TRANSPORT_CLOSED'))
    await assert.rejects(member.ensure({ topics: [], groups: [] }), coded('TRANSPORT_CLOSED'))
    await assert.rejects(member.subscribe(group), coded('TRANSPORT_CLOSED'))
  }),

  law('a publish under way at a close either rejects or is durable', sampled, async (bench) => {
    const group = await bench.group()
    const member = await bench.member()
    const ids = rounds(10, 10)
    const publishes = ids.map((id) =>
      member.publish([messageOf(group.topic, id)]).then(
        () => [id],
        () => [],
      ),
    )
    await member.leave()
    const confirmed = (await Promise.all(publishes)).flat()
    await bench.reader(group)
    await bench.publish(group, ['zz1'])
    await bench.untilEnded(group, [...confirmed, 'zz1'])
  }),

  law('what publish resolved for outlives its publisher', sampled, async (bench) => {
    const group = await bench.group()
    const member = await bench.member()
    await member.publish(series('a', 20).map((id) => messageOf(group.topic, id)))
    await member.leave()
    await bench.reader(group)
    await bench.untilEnded(group, series('a', 20))
    assertOnce(bench.entries(group), series('a', 20))
  }),

  law('health is ready while the broker answers, and gives a reason after a close', once, async (bench) => {
    const member = await bench.member()
    await member.ensure({ topics: [], groups: [] })
    assert.equal((await member.health()).ready, true)
    await member.close()
    const { ready, reason } = await member.health()
    assert.equal(ready, false)
    assert.ok(reason)
  }),
]

const coded = (code: Parameters<typeof hasCode>[1]) => (error: unknown) => {
  assert.ok(hasCode(error, code), `expected ${code}, got ${error}`)
  return true
}
