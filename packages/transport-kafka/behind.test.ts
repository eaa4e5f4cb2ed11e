/** A broker that is behind the others, and does not know of a topic that is there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initProducerIdV4, metadataV12 } from '@platformatic/kafka'
import { dies, openBroker } from './broker.fixture.ts'
import type { Broker } from './broker.ts'
import { codes } from './broker-errors.ts'
import type { Link } from './link.ts'
import { namesFor } from './names.ts'
import { readSettings } from './options.ts'
import { startPublisher } from './publisher.ts'
import { createPlaces } from './topology.ts'

const limited = { timeout: 60_000 }
const topicId = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const names = namesFor({})

/** Says so many times that there is no such topic, after so many times that there is. */
function linkBehind(port: number, { before = 0, times = 2 }) {
  let asked = 0
  const answer = (api: unknown) => {
    if (api === initProducerIdV4.api) return { errorCode: 0, producerId: 1n }
    assert.equal(api, metadataV12.api)
    asked += 1
    const isBehind = asked > before && asked <= before + times
    const partitions = isBehind ? [] : [{ partitionIndex: 0, leaderId: 1, leaderEpoch: 1 }]
    const errorCode = isBehind ? codes.unknownTopic : 0
    return { brokers: [{ nodeId: 1, host: '127.0.0.1', port }], topics: [{ topicId, errorCode, partitions }] }
  }
  const link = {
    ask: async (_to: unknown, _use: unknown, api: unknown) => answer(api),
    askAny: async (api: unknown) => answer(api),
    learn() {},
    close() {},
  } as unknown as Link
  return { link, asked: () => asked }
}

test('what is published first waits until others know of the topic, too', limited, async () => {
  const { link } = linkBehind(1, {})
  const broker = { ask: (_attempt: string, question: () => unknown) => question() } as unknown as Broker
  const places = createPlaces({ settings: readSettings('kafka://127.0.0.1', {}), names, broker, link })
  assert.deepEqual(await places.findRoute('t'), { name: 't', topicId, partitions: 1 })
})

test('what is published goes again, though one broker says that the topic has gone', limited, async () => {
  await using leader = await openBroker(dies)
  const { link, asked } = linkBehind(leader.port, { before: 1, times: 2 })
  const route = { name: 't', topicId, partitions: 1 }
  const places = { ensure: async () => {}, findRoute: async () => route }
  const settings = readSettings(`kafka://127.0.0.1:${leader.port}`, { publishMs: 60_000 })
  const publisher = startPublisher({ settings, names, places, link })
  let isAnswered = false
  const published = publisher.publish([{ id: '1', topic: 't', headers: {}, body: Buffer.from('{}') }])
  const ended = published
    .catch(() => {})
    .finally(() => {
      isAnswered = true
    })
  while (!isAnswered && asked() < 5) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual([isAnswered, leader.connections() >= 3], [false, true])
  await publisher.close()
  await ended
})
