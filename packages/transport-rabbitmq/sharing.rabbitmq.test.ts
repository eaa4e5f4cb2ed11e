/** Members of an ordered group share its queues, whoever came first. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Group } from '@vestnik/bus/transport'
import { sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { openMember, type TestMember, until } from './member.fixture.ts'

const partitions = 12

interface Share {
  /** How many queues brought it messages during the time. */
  of(ms: number): Promise<number>
}

/** Reads at the member; a key that runs anywhere is noted, and one that runs twice is told. */
async function readAt(
  member: TestMember,
  group: Group,
  running: Set<string>,
  overlap: (key: string) => void,
): Promise<Share> {
  let queues = new Set<string>()
  await member.transport.subscribe(group, async ({ at, key = '' }) => {
    queues.add(at)
    if (running.has(key)) overlap(key)
    running.add(key)
    await sleep(1)
    running.delete(key)
  })
  return {
    async of(ms) {
      queues = new Set()
      await sleep(ms)
      return queues.size
    },
  }
}

test('three members have four of twelve queues each, two have six when one has gone', {
  timeout: 120_000,
}, async () => {
  await using broker = await sharedRabbit()
  await using publisher = await openMember(broker.url)
  const group = { topic: `shared-${randomUUID()}`, name: 'readers', order: 'key', concurrency: 16 } as const
  await publisher.transport.ensure({ topics: [{ name: group.topic, partitions }], groups: [group] })
  const load = setInterval(() => void publisher.publish(group, randomUUID(), 120).catch(() => {}), 100)
  await using undo = new AsyncDisposableStack()
  undo.defer(() => clearInterval(load))
  const members = [await openMember(broker.url), await openMember(broker.url), await openMember(broker.url)]
  for (const member of members) undo.use(member)
  const running = new Set<string>()
  const overlaps: string[] = []
  const readers: Share[] = []
  for (const member of members) readers.push(await readAt(member, group, running, (key) => overlaps.push(key)))

  const shares = async (of: readonly Share[]) => Promise.all(of.map((share) => share.of(700)))
  await until(async () => (await shares(readers)).every((share) => share === 4), 60_000)
  await members[0]?.transport.close()
  await until(async () => (await shares(readers.slice(1))).every((share) => share === 6), 60_000)
  assert.deepEqual(overlaps, [])
})
