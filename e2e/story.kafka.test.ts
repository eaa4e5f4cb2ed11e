/** The whole story on Kafka: nothing is configured but the broker's URL, and what peers that use it too need. */
import { after, before, test } from 'node:test'
import { type KafkaNode, privateKafka } from '../tools/brokers/kafka.ts'
import { tellWholeStory } from './whole-story.ts'

let broker: KafkaNode

before(async () => {
  broker = await privateKafka()
})

after(() => broker[Symbol.asyncDispose]())

test('the story is the same on Kafka', { timeout: 120_000 }, async (t) => {
  await tellWholeStory(t, { MESSAGE_BROKER_URL: broker.url })
})
