/** Members of an ordered group share its queues, whoever came first. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Group } from '@vestnik/bus/transport'
import { sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { openMember, sharesOf, type TestMember, until } from './member.fixture.ts'

const partitions = 12

/** Reads at the member, and notes its queues; a key that runs anywhere is noted, and one that runs twice is told. */
async function readAt(
  member: TestMember,
  group: Group,
  running: Set<string>,
  overlap: (key: string) => void,
): Promise<Set<string>> {
  const queues = new Set<string>()
  await member.transport.subscribe(group, async ({ at, key = '' }) => {
    queues.add(at)
    if (running.has(key)) overlap(key)
    running.add(key)
    await sleep(1)
    running.delete(key)
  })
  return queues
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
  const readers: Set<string>[] = []
  for (const member of members) readers.push(await readAt(member, group, running, (key) => overlaps.push(key)))

  await until(async () => (await sharesOf(readers, partitions)).every((share) => share === 4), 60_000)
  await members[0]?.transport.close()
  const left = readers.slice(1)
  await until(async () => (await sharesOf(left, partitions)).every((share) => share === 6), 60_000)
  assert.deepEqual(overlaps, [])
})
