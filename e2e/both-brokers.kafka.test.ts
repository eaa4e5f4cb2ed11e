/** Mail over Kafka and everything else over RabbitMQ, in one running system: the story, and the kills of services and brokers. */
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KafkaNode, privateKafka } from '../tools/brokers/kafka.ts'
import { privateRabbit, type RabbitNode } from '../tools/brokers/rabbitmq.ts'
import type { MortalBroker } from './kill/survive-broker-kills.ts'
import { surviveKills } from './kill-run/survive-kills.ts'
import { flowWhileOneIsDown } from './while-one-is-down.ts'
import { tellWholeStory } from './whole-story.ts'

const brokerKills = 15
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

test('on both brokers at once nothing is lost or doubled while they and the services are killed', {
  timeout: 600_000,
}, async (t) => {
  let kills = 0
  async function killAgainAndAgain(broker: MortalBroker, done: AbortSignal): Promise<void> {
    while (!done.aborted || kills < brokerKills) {
      kills += 1
      await broker.kill()
      await broker.start()
      // Long enough to be read again: on Kafka the groups have lost their members by then, and find them in some seconds.
      await sleep(8_000 + Math.random() * 4_000)
    }
  }
  await surviveKills(t, variables(), async (done) => {
    await Promise.all([kafka, rabbit].map((broker) => killAgainAndAgain(broker, done)))
  })
  t.diagnostic(`kills of the brokers: ${kills}`)
})
