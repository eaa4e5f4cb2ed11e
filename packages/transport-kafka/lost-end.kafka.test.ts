/** A log that has lost its end, as when a machine dies before its disk was written: what is written there anew is read. */
import assert from 'node:assert/strict'
import { readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type KafkaNode, privateKafka } from '../../tools/brokers/kafka.ts'
import { idsOf, openMember, until } from './faults.fixture.ts'
import { shortSessions } from './laws.fixture.ts'

test('new records where a log has lost its end are taken neither for ended ones nor for read ones', {
  timeout: 180_000,
}, async () => {
  await using node = await privateKafka({ config: shortSessions })
  await using member = await openMember(node.url)
  const group = await member.group(1)
  /** Each is a batch of its own. */
  const send = async (prefix: string, count: number) => {
    const { topic } = group
    for (const id of idsOf(prefix, count)) {
      await member.transport.publish([{ id, topic, key: id, headers: {}, body: Buffer.from('{}') }])
    }
  }
  // The first record does not end, those behind it do, and the commit says so.
  await send('a', 20)
  const first = await member.read(group, ({ id }) => (id === 'a0' ? new Promise(() => {}) : Promise.resolve()))
  await first.untilRead(20)
  await first.subscription.drain(AbortSignal.timeout(500))
  await loseEnd(node, group.topic, 10)
  await send('b', 20)
  const second = await member.read(group)
  assert.deepEqual(await second.untilRead(21), ['a0', ...idsOf('b', 20)])
  await second.subscription.drain()

  // All of it is committed, and behind the commit there is something when the next member begins.
  await loseEnd(node, group.topic, 20)
  await send('c', 30)
  const third = await member.read(group)
  assert.deepEqual(await third.untilRead(30), idsOf('c', 30))

  // The same while a member reads.
  await loseEnd(node, group.topic, 40)
  await send('d', 30)
  const missing = () => idsOf('d', 30).filter((one) => !third.messages.some(({ id }) => id === one))
  await until('what is there now', () => missing().length === 0)
})

/** The node dies, and of the topic's log only so many batches are on its disk when it starts again. */
async function loseEnd(node: KafkaNode, topic: string, kept: number): Promise<void> {
  await node.kill()
  const path = join(node.data, `${topic}-0`, '00000000000000000000.log')
  const log = await readFile(path)
  let end = 0
  for (let batch = 0; batch < kept; batch += 1) end += 12 + log.readInt32BE(end + 8)
  await truncate(path, end)
  await node.start()
}
