/** Who leads a partition, where one broker has lost touch with the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchLeaders } from './leaders.ts'
import type { Link } from './link.ts'
import type { Address } from './url.ts'

const place = { topicId: 'id', partition: 0 }
const addressOf = (port: number): Address => ({ host: 'broker', port })

/** Brokers by their ports, each with the leader and the epoch that it believes in. */
function linkOf(beliefs: Readonly<Record<number, readonly [leader: number, epoch: number]>>): Link {
  const [first = 0] = Object.keys(beliefs).map(Number)
  const answer = async ({ port }: Address) => {
    const [leaderId = -1, leaderEpoch = 0] = beliefs[port] ?? assert.fail(`nobody is at ${port}`)
    const partitions = [{ partitionIndex: 0, leaderId, leaderEpoch }]
    const brokers = Object.keys(beliefs).map((id) => ({ nodeId: Number(id), ...addressOf(Number(id)) }))
    return { brokers, topics: [{ topicId: 'id', name: 't', errorCode: 0, partitions }] }
  }
  const link = { ask: answer, askAny: () => answer(addressOf(first)), learn() {}, close() {} }
  return link as unknown as Link
}

test('a broker that knows only an old leader is not the only one that is asked, and is not believed', async () => {
  const leaders = watchLeaders(linkOf({ 1: [1, 5], 2: [3, 6], 3: [3, 6] }), 't')
  await leaders.refresh()
  assert.equal(leaders.of(place)?.node, 1)
  const seen = new Set<number | undefined>()
  for (let asked = 0; asked < 6; asked += 1) {
    await leaders.refresh()
    if (leaders.of(place)?.node === 3 || seen.has(3)) seen.add(leaders.of(place)?.node)
  }
  assert.deepEqual([...seen], [3])
})

test('a partition without a leader is there all the same', async () => {
  const leaders = watchLeaders(linkOf({ 1: [-1, 5] }), 't')
  await leaders.refresh()
  assert.deepEqual([leaders.has(place), leaders.of(place)], [true, undefined])
  assert.equal(leaders.has({ topicId: 'another', partition: 0 }), false)
})
