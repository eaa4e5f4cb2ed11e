/** Laws of members: several share a group's messages, come and go. */
import assert from 'node:assert/strict'
import type { Group } from '@vestnik/bus'
import { rounds } from './messages.ts'
import { assertInOrder, assertOnce, assertToldTruly, by, endedIds } from './reading.ts'
import type { TransportBench } from './transport-bench.ts'
import { everywhere, law, type TransportLaw } from './transport-law.ts'

export const members: readonly TransportLaw[] = [
  law('the members of a group share its messages, each is handed out once', everywhere, async (bench) => {
    const group = await bench.group()
    for (const _ of [1, 2, 3]) await bench.reader(group, { workMs: 1 })
    const ids = rounds(30, 10)
    for (let from = 0; from < ids.length; from += 30) await bench.publish(group, ids.slice(from, from + 30))
    await bench.untilEnded(group, ids)
    // Shares may still move from member to member when the messages come; a share that moved is no second hand-out.
    assert.deepEqual(endedIds(bench.entries(group)).toSorted(), ids.toSorted())
    assertToldTruly(bench.entries(group))
    if (bench.order === 'key') assertInOrder(bench.entries(group))
  }),

  law('a member that joins under load gets a share', everywhere, async (bench) => {
    const group = await bench.group()
    await bench.reader(group, { workMs: 1 })
    const publisher = await bench.publisher()
    await publisher.flood({ topic: group.topic, keys: 40, pauseMs: 20 })
    await bench.until('some deliveries', group, (it) => endedIds(it).length > 100)
    const second = await bench.reader(group, { workMs: 1 })
    await bench.until('deliveries at the new member', group, (it) => by(second.name, it).length > 10)
    await publisher.endFlood()
    await untilConfirmedEnded(bench, group)
    if (bench.order === 'key') assertInOrder(bench.entries(group))
  }),

  law(
    'members that drain and join under load lose nothing, double nothing and keep the order',
    everywhere,
    async (bench) => {
      const group = await bench.group()
      let reader = await bench.reader(group, { workMs: 1 })
      const publisher = await bench.publisher()
      await publisher.flood({ topic: group.topic, keys: 20, pauseMs: 10 })
      for (let change = 1; change <= 3; change += 1) {
        const next = await bench.reader(group, { workMs: 1 })
        await reader.drain(group)
        const { name } = next
        await bench.until('deliveries at the next member', group, (it) => by(name, it).length > 20)
        reader = next
      }
      await publisher.endFlood()
      const confirmed = await untilConfirmedEnded(bench, group)
      assertOnce(
        bench.entries(group).filter(({ what }) => what !== 'confirmed'),
        confirmed,
      )
      if (bench.order === 'key') assertInOrder(bench.entries(group))
    },
  ),

  law('members that close and join under load lose nothing and keep the order', everywhere, async (bench) => {
    const group = await bench.group()
    let reader = await bench.reader(group, { workMs: 2 })
    const publisher = await bench.publisher()
    await publisher.flood({ topic: group.topic, keys: 20, pauseMs: 10 })
    for (let change = 1; change <= 3; change += 1) {
      const next = await bench.reader(group, { workMs: 2 })
      await reader.leave()
      const { name } = next
      await bench.until('deliveries at the next member', group, (it) => by(name, it).length > 20)
      reader = next
    }
    await publisher.endFlood()
    await untilConfirmedEnded(bench, group)
    assertToldTruly(bench.entries(group))
    if (bench.order === 'key') assertInOrder(bench.entries(group))
  }),
]

/** Waits until everything that was confirmed has ended, and answers it. */
export async function untilConfirmedEnded(bench: TransportBench, group: Group): Promise<readonly string[]> {
  const confirmed = bench.entries(group).flatMap(({ what, ids }) => (what === 'confirmed' ? (ids ?? []) : []))
  assert.ok(confirmed.length > 0)
  await bench.untilEnded(group, confirmed)
  return confirmed
}
