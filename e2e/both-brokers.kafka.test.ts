/** Mail over Kafka and everything else over RabbitMQ, in one running system: the story, and the kills of services and brokers. */
import { after, before, test } from 'node:test'
import { type KafkaNode, privateKafka } from '../tools/brokers/kafka.ts'
import { privateRabbit, type RabbitNode } from '../tools/brokers/rabbitmq.ts'
import { assertCleanCampaign, shortCampaignMs } from './campaign/short.ts'
import { flowWhileOneIsDown } from './while-one-is-down.ts'
import { tellWholeStory } from './whole-story.ts'

let kafka: KafkaNode
let rabbit: RabbitNode

before(async () => {
  kafka = await privateKafka()
  rabbit = await privateRabbit()
})

after(async () => {
  await kafka[Symbol.asyncDispose]()
  await rabbit[Symbol.asyncDispose]()
})

const variables = () => ({ MESSAGE_BROKER_URL: rabbit.url, MESSAGE_BROKER_ROUTES: `mail.*=${kafka.url}` })

test('the story is the same with mail over Kafka and the rest over RabbitMQ', { timeout: 120_000 }, async (t) => {
  await tellWholeStory(t, variables())
})

test('while one broker is down what goes over the other takes effect, and the rest follows', { timeout: 240_000 }, () =>
  flowWhileOneIsDown(rabbit, kafka),
)

test(
  'on both brokers at once nothing is lost or doubled while they and the services are killed',
  {
    timeout: shortCampaignMs,
  },
  (t) => assertCleanCampaign(t, { broker: 'both', database: 'sqlite', seed: 7 }),
)
