/** Laws of flow: how much runs at once, and what a long queue costs. */
import assert from 'node:assert/strict'
import type { Group } from '@vestnik/bus'
import { messageOf, rounds } from './messages.ts'
import { assertInOrder, assertOnce, mostAtOnce, startedIds } from './reading.ts'
import type { TransportBench } from './transport-bench.ts'
import { law, needing, orderedAcrossProcesses, sampled, type TransportLaw } from './transport-law.ts'

export const flow: readonly TransportLaw[] = [
  law("as many deliveries run at once as the group's concurrency, and never more", sampled, async (bench) => {
    const group = await bench.group({ concurrency: 5 })
    const reader = await bench.reader(group, { hold: 'all' })
    const ids = rounds(40, 2)
    await bench.publish(group, ids)
    await bench.until('five deliveries that run', group, (it) => startedIds(it).length >= 5)
    await reader.release(group, 'all')
    await bench.untilEnded(group, ids)
    assert.equal(mostAtOnce(bench.entries(group)), 5)
  }),

  law('with a concurrency of one, one delivery runs at a time', sampled, async (bench) => {
    const group = await bench.group({ concurrency: 1 })
    await bench.reader(group, { workMs: 1, handBack: { c1: 2 } })
    await bench.publish(group, rounds(10, 3))
    await bench.untilEnded(group, rounds(10, 3))
    assert.equal(mostAtOnce(bench.entries(group)), 1)
  }),

  law('the concurrency of one group is not used up by another', sampled, async (bench) => {
    const busy = await bench.group({ concurrency: 1 })
    const free = await bench.group({ topic: busy.topic, concurrency: 1 })
    const reader = await bench.reader(busy, { hold: 'all' })
    await reader.subscribe(free)
    await bench.publish(busy, rounds(5, 2))
    await bench.untilEnded(free, rounds(5, 2))
    await bench.until('a delivery in the busy group', busy, (it) => startedIds(it).length > 0)
    assert.equal(startedIds(bench.entries(busy)).length, 1)
  }),

  law('a backlog of 100,000 is handed out completely, each key in order', sampled, async (bench) => {
    const group = await bench.group({ concurrency: 32 })
    await publishBacklog(bench, group, 100)
    await bench.reader(group)
    await untilBacklogEnded(bench, group, async () => {})
    assertOnce(bench.entries(group), backlog)
    if (bench.order === 'key') assertInOrder(bench.entries(group))
  }),

  law('a member reads a backlog of 100,000 in bounded memory', orderedAcrossProcesses, async (bench) => {
    const group = await bench.group({ concurrency: 32 })
    await publishBacklog(bench, group, 1000)
    const reader = await bench.member()
    const before = await reader.residentMiB()
    let most = before
    await reader.subscribe(group)
    await untilBacklogEnded(bench, group, async () => {
      most = Math.max(most, await reader.residentMiB())
    })
    const grown = Math.round(most - before)
    assert.ok(grown <= bench.backlogMiB, `its memory grew by ${grown} MiB, allowed are ${bench.backlogMiB}`)
  }),

  law("one slow message does not stop the broker's clean-up", needing(sampled, 'kept'), async (bench) => {
    const group = await bench.group()
    const reader = await bench.reader(group, { hold: ['slow1'] })
    await bench.publish(group, ['slow1'])
    await bench.untilStarted(group, ['slow1'])
    const ids = rounds(50, 200)
    for (let from = 0; from < ids.length; from += 1000) await bench.publish(group, ids.slice(from, from + 1000))
    await bench.untilEnded(group, ids)
    await bench.until('the clean-up of what ended', group, async () => {
      return (await bench.kept(group.topic)) <= ids.length / 2
    })
    await reader.release(group, ['slow1'])
    await bench.untilEnded(group, ['slow1'])
    assertOnce(bench.entries(group), ['slow1', ...ids])
  }),
]

const backlog = rounds(500, 200)

/** 100,000 messages of 500 keys, in batches of 1,000. */
async function publishBacklog(bench: TransportBench, { topic }: Group, bytes: number): Promise<void> {
  const publisher = await bench.publisher()
  for (let from = 0; from < backlog.length; from += 1000) {
    await publisher.publish(backlog.slice(from, from + 1000).map((id) => messageOf(topic, id, bytes)))
  }
}

/** In steps, so that the patience is for each, not for the whole. */
async function untilBacklogEnded(bench: TransportBench, group: Group, atStep: () => Promise<void>): Promise<void> {
  for (let count = 10_000; count <= backlog.length; count += 10_000) {
    await bench.until(`the end of ${count} messages`, group, (entries) => {
      let ended = 0
      for (const { what } of entries) if (what === 'end') ended += 1
      return ended >= count
    })
    await atStep()
  }
  await bench.untilEnded(group, backlog)
}
